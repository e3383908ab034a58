package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/gander-lm/gander/core/errs"
)

// chunkBytes is how much of the header is read at a time, strictly forward.
const chunkBytes = 1 << 18

// Read reads and checks the header of a GGUF file of size bytes. A broken file
// gives an *errs.FormatError with the place, a valid one of another version or
// byte order an *errs.UnsupportedError.
func Read(r io.ReaderAt, size int64) (*File, error) {
	d := &decoder{r: r, size: size}
	f, err := d.file()
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	return f, nil
}

// decoder reads the header forward. The first failure stays in err, and all
// reads after it give zeros.
type decoder struct {
	r    io.ReaderAt
	size int64
	pos  int64  // of buf[0] in the file
	buf  []byte // what has been read and not yet consumed
	err  error
}

func (d *decoder) fail(at int64, format string, args ...any) {
	if d.err == nil {
		d.err = &errs.FormatError{Offset: at, What: fmt.Sprintf(format, args...)}
	}
}

// remaining returns how many bytes the file has left.
func (d *decoder) remaining() int64 { return d.size - d.pos }

// next returns the next n bytes, valid until the next call; nil after a failure.
func (d *decoder) next(n int64) []byte {
	if d.err != nil {
		return nil
	}
	if n > d.remaining() {
		d.fail(d.pos, "file ends: %d bytes needed, %d left", n, d.remaining())
		return nil
	}
	if n > int64(len(d.buf)) && !d.fill(n) {
		return nil
	}
	b := d.buf[:n]
	d.buf, d.pos = d.buf[n:], d.pos+n
	return b
}

// fill reads on until buf has n bytes. n is at most what the file has left.
func (d *decoder) fill(n int64) bool {
	have := int64(len(d.buf))
	if d.pos+n > MaxHeaderBytes {
		d.fail(d.pos, "header is larger than %d bytes", MaxHeaderBytes)
		return false
	}
	buf := make([]byte, min(max(n, chunkBytes), d.remaining()))
	copy(buf, d.buf)
	k, err := d.r.ReadAt(buf[have:], d.pos+have)
	if int64(k) < n-have {
		if err == io.EOF || err == nil {
			d.fail(d.pos+have+int64(k), "file ends before its stated size of %d bytes", d.size)
		} else if d.err == nil {
			d.err = err
		}
		return false
	}
	d.buf = buf[:have+int64(k)]
	return true
}

func (d *decoder) uint32() uint32 {
	if b := d.next(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.next(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads a number of things of at least minBytes each, at most limit.
func (d *decoder) count(what string, limit, minBytes int64) int64 {
	at := d.pos
	n := d.uint64()
	if n > uint64(limit) {
		d.fail(at, "%d %s; at most %d are allowed", n, what, limit)
		return 0
	}
	if int64(n)*minBytes > d.remaining() {
		d.fail(at, "%d %s need more than the %d bytes that the file has left", n, what, d.remaining())
		return 0
	}
	return int64(n)
}

func (d *decoder) string(limit int64) string {
	return string(d.next(d.count("bytes in a string", limit, 1)))
}

func (d *decoder) file() (*File, error) {
	f := &File{r: d.r, Alignment: defaultAlign, byName: map[string]int{}}
	if m := d.uint32(); d.err == nil && m != magic {
		return nil, &errs.FormatError{Offset: 0, What: fmt.Sprintf("not a GGUF file: magic number %08x", m)}
	}
	f.Version = d.uint32()
	if d.err == nil && f.Version != 2 && f.Version != 3 {
		if f.Version == swappedMagicVer || f.Version == swappedMagicVer-1<<24 {
			return nil, &errs.UnsupportedError{What: "big-endian GGUF file"}
		}
		return nil, &errs.UnsupportedError{What: fmt.Sprintf("GGUF version %d (2 and 3 are supported)", f.Version)}
	}
	tensors := d.count("tensors", MaxTensors, 24)
	keys := d.count("metadata keys", MaxKeys, 13)
	d.metadata(&f.Metadata, keys)
	if v, ok := f.Uint("general.alignment"); ok {
		if v == 0 || v&(v-1) != 0 || v > MaxAlignment {
			d.fail(-1, "general.alignment %d is not a power of two up to %d", v, MaxAlignment)
		} else {
			f.Alignment = int64(v)
		}
	}
	d.tensors(f, tensors)
	if d.err != nil {
		return nil, d.err
	}
	return f, f.place(d.pos, d.size)
}

func (d *decoder) tensors(f *File, n int64) {
	for range n {
		at := d.pos
		t := Tensor{Name: d.string(MaxKeyBytes)}
		dims := d.uint32()
		if d.err == nil && (dims == 0 || dims > MaxDims) {
			d.fail(at, "tensor %q has %d dimensions", t.Name, dims)
		}
		if d.err != nil {
			return
		}
		for range dims {
			t.Shape = append(t.Shape, int64(d.uint64()))
		}
		t.TypeID = d.uint32()
		offset := d.uint64()
		if d.err != nil {
			return
		}
		if offset > math.MaxInt64/2 || int64(offset)%f.Alignment != 0 {
			d.fail(at, "tensor %q: offset %d is not a multiple of %d", t.Name, offset, f.Alignment)
			return
		}
		t.Offset = int64(offset) // from DataOffset; place makes it absolute
		var err error
		if t.Size, err = t.bytes(); err != nil {
			d.fail(at, "tensor %q: %v", t.Name, err)
			return
		}
		if _, ok := f.byName[t.Name]; ok {
			d.fail(at, "tensor %q is there twice", t.Name)
			return
		}
		f.byName[t.Name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, t)
	}
}

// bytes returns the tensor's size by its shape and type, -1 for an unknown type.
func (t *Tensor) bytes() (int64, error) {
	n := int64(1)
	for _, d := range t.Shape {
		if d <= 0 || d > math.MaxInt32 || n > math.MaxInt64/16/d {
			return 0, fmt.Errorf("impossible shape %d", t.Shape)
		}
		n *= d
	}
	typ, err := t.Type()
	if err != nil {
		return -1, nil
	}
	if t.Shape[0]%int64(typ.BlockLen) != 0 {
		return 0, fmt.Errorf("rows of %d values are not whole %s blocks of %d", t.Shape[0], typ.Name, typ.BlockLen)
	}
	return n / int64(typ.BlockLen) * int64(typ.BlockBytes), nil
}

// place makes the tensors' offsets absolute and checks that they lie in the file
// and don't overlap. headerEnd is where the header ends.
func (f *File) place(headerEnd, size int64) error {
	f.DataOffset = (headerEnd + f.Alignment - 1) / f.Alignment * f.Alignment
	order := make([]*Tensor, 0, len(f.Tensors))
	for i := range f.Tensors {
		t := &f.Tensors[i]
		t.Offset += f.DataOffset
		if t.Offset > size || t.Size > size-t.Offset {
			return &errs.FormatError{Offset: t.Offset, What: fmt.Sprintf("tensor %q: %d bytes reach past the end of the file, which has %d", t.Name, t.Size, size)}
		}
		order = append(order, t)
	}
	sort.SliceStable(order, func(i, j int) bool { return order[i].Offset < order[j].Offset })
	for i := 1; i < len(order); i++ {
		if a, b := order[i-1], order[i]; a.Offset+max(a.Size, 1) > b.Offset {
			return &errs.FormatError{Offset: b.Offset, What: fmt.Sprintf("tensors %q and %q overlap", a.Name, b.Name)}
		}
	}
	return nil
}

package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/errs"
)

// Numbers of the metadata value types (gguf_metadata_value_type).
const (
	typeUint8 = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
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

func (d *decoder) metadata(m *Metadata, n int64) {
	m.values = make(map[string]any, n)
	for range n {
		at := d.pos
		key := d.string(MaxKeyBytes)
		typ := d.uint32()
		v := d.value(typ, key)
		if d.err != nil {
			return
		}
		if _, ok := m.values[key]; ok {
			d.fail(at, "metadata key %q is there twice", key)
			return
		}
		m.keys = append(m.keys, key)
		m.values[key] = v
	}
}

// valueBytes is the size of the fixed-size value types; 0 for the others.
var valueBytes = [...]int64{typeUint8: 1, typeInt8: 1, typeUint16: 2, typeInt16: 2, typeUint32: 4, typeInt32: 4, typeFloat32: 4,
	typeBool: 1, typeString: 0, typeArray: 0, typeUint64: 8, typeInt64: 8, typeFloat64: 8}

func (d *decoder) value(typ uint32, key string) any {
	switch {
	case typ == typeString:
		return d.string(MaxStringBytes)
	case typ == typeArray:
		return d.array(key)
	case typ < uint32(len(valueBytes)):
		b := d.next(valueBytes[typ])
		if b == nil {
			return nil
		}
		return first(d.scalars(typ, b, 1))
	}
	d.fail(d.pos-4, "metadata key %q has the unknown type %d", key, typ)
	return nil
}

func (d *decoder) array(key string) any {
	at := d.pos
	typ := d.uint32()
	switch {
	case d.err != nil:
		return nil
	case typ == typeArray:
		d.err = &errs.UnsupportedError{What: fmt.Sprintf("array of arrays (metadata key %q)", key)}
		return nil
	case typ >= uint32(len(valueBytes)):
		d.fail(at, "metadata key %q is an array of the unknown type %d", key, typ)
		return nil
	case typ == typeString:
		return d.strings(d.count("strings in an array", MaxArrayLen, 8))
	}
	n := d.count("values in an array", MaxArrayLen, valueBytes[typ])
	b := d.next(n * valueBytes[typ])
	if d.err != nil {
		return nil
	}
	return d.scalars(typ, b, int(n))
}

// strings reads n strings; nil after a failure. Those that are whole in what has been
// read share memory: a vocabulary has hundreds of thousands, of a few bytes each.
func (d *decoder) strings(n int64) any {
	out := make([]string, 0, n)
	for d.err == nil && int64(len(out)) < n {
		count, size := d.wholeStrings(n - int64(len(out)))
		if count == 0 {
			out = append(out, d.string(MaxStringBytes))
			continue
		}
		var all strings.Builder
		all.Grow(size - 8*count)
		for b := d.next(int64(size)); len(b) > 0; {
			end := 8 + binary.LittleEndian.Uint64(b)
			all.Write(b[8:end])
			out = append(out, all.String()[all.Len()-int(end-8):])
			b = b[end:]
		}
	}
	if d.err != nil {
		return nil
	}
	return out
}

// wholeStrings returns how many strings are whole in buf, at most n, and how many bytes
// they take there.
func (d *decoder) wholeStrings(n int64) (count, size int) {
	for int64(count) < n && size+8 <= len(d.buf) {
		length := binary.LittleEndian.Uint64(d.buf[size:])
		if length > uint64(len(d.buf)-size-8) {
			break
		}
		count, size = count+1, size+8+int(length)
	}
	return count, size
}

// scalars decodes n values of a fixed-size type into a slice; nil after a failure.
func (d *decoder) scalars(typ uint32, b []byte, n int) any {
	le := binary.LittleEndian
	switch typ {
	case typeUint8:
		return decode(n, func(i int) uint8 { return b[i] })
	case typeInt8:
		return decode(n, func(i int) int8 { return int8(b[i]) })
	case typeUint16:
		return decode(n, func(i int) uint16 { return le.Uint16(b[2*i:]) })
	case typeInt16:
		return decode(n, func(i int) int16 { return int16(le.Uint16(b[2*i:])) })
	case typeUint32:
		return decode(n, func(i int) uint32 { return le.Uint32(b[4*i:]) })
	case typeInt32:
		return decode(n, func(i int) int32 { return int32(le.Uint32(b[4*i:])) })
	case typeFloat32:
		return decode(n, func(i int) float32 { return math.Float32frombits(le.Uint32(b[4*i:])) })
	case typeUint64:
		return decode(n, func(i int) uint64 { return le.Uint64(b[8*i:]) })
	case typeInt64:
		return decode(n, func(i int) int64 { return int64(le.Uint64(b[8*i:])) })
	case typeFloat64:
		return decode(n, func(i int) float64 { return math.Float64frombits(le.Uint64(b[8*i:])) })
	}
	for i := range n {
		if b[i] > 1 {
			d.fail(d.pos-int64(n-i), "truth value %d", b[i])
			return nil
		}
	}
	return decode(n, func(i int) bool { return b[i] == 1 })
}

func decode[T any](n int, at func(int) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = at(i)
	}
	return out
}

// first returns the only element of a slice of any element type, nil for nil.
func first(v any) any {
	switch v := v.(type) {
	case []uint8:
		return v[0]
	case []int8:
		return v[0]
	case []uint16:
		return v[0]
	case []int16:
		return v[0]
	case []uint32:
		return v[0]
	case []int32:
		return v[0]
	case []float32:
		return v[0]
	case []uint64:
		return v[0]
	case []int64:
		return v[0]
	case []float64:
		return v[0]
	}
	if b, ok := v.([]bool); ok {
		return b[0]
	}
	return nil
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

package gguf

import (
	"fmt"
	"io"
	"sort"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/quant"
)

// writeBytes is how much of a tensor with a source is asked for at a time.
const writeBytes = 4 << 20

// ReadFunc fills dst with the bytes of a tensor from byte off on.
type ReadFunc func(dst []byte, off int64) error

// AddSource adds a tensor that read gives in any order, piece by piece. With
// tensors of this kind only, the file can be read without being written: see Reader.
func (w *Writer) AddSource(name string, shape []int64, typ quant.Type, read ReadFunc) {
	before := len(w.tensors)
	w.AddTensor(name, shape, typ, nil)
	if len(w.tensors) == before {
		return // a mistake, kept in err
	}
	t := &w.tensors[before]
	size := t.Size
	t.read = read
	t.write = func(out io.Writer) error {
		buf := make([]byte, min(size, writeBytes))
		for off := int64(0); off < size; off += int64(len(buf)) {
			buf = buf[:min(int64(len(buf)), size-off)]
			if err := read(buf, off); err != nil {
				return err
			}
			if _, err := out.Write(buf); err != nil {
				return err
			}
		}
		return nil
	}
}

// Reader returns the file that WriteTo would write, and its size in bytes. The
// tensors' bytes are made as they are asked for, in one piece for each tensor and
// call of ReadAt. All tensors must have come by AddSource.
func (w *Writer) Reader() (io.ReaderAt, int64, error) {
	h, err := w.header()
	if err != nil {
		return nil, 0, err
	}
	r := &virtual{header: padded(h)}
	at := int64(len(r.header))
	for _, t := range w.tensors {
		if t.read == nil {
			return nil, 0, fmt.Errorf("gguf: tensor %q can only be written", t.Name)
		}
		r.parts = append(r.parts, part{at, t.Size, t.read})
		at = align(at + t.Size)
	}
	r.size = at
	return r, at, nil
}

// virtual is a file that is made while it is read.
type virtual struct {
	header []byte // padded
	parts  []part // by offset
	size   int64
}

type part struct {
	offset, size int64
	read         ReadFunc
}

// ReadAt implements io.ReaderAt.
func (v *virtual) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= v.size {
		return 0, io.EOF
	}
	var end error
	if int64(len(p)) > v.size-off {
		p, end = p[:v.size-off], io.EOF
	}
	n := 0
	if off < int64(len(v.header)) {
		n = copy(p, v.header[off:])
	}
	// The first part that ends behind the place.
	i := sort.Search(len(v.parts), func(i int) bool { return v.parts[i].offset+v.parts[i].size > off+int64(n) })
	for ; n < len(p); i++ {
		at := off + int64(n)
		if i == len(v.parts) || at < v.parts[i].offset { // padding
			next := v.size
			if i < len(v.parts) {
				next = v.parts[i].offset
			}
			pad := min(int64(len(p)-n), next-at)
			clear(p[n : n+int(pad)])
			if n += int(pad); n == len(p) {
				break
			}
			at = next
		}
		t := v.parts[i]
		want := min(int64(len(p)-n), t.offset+t.size-at)
		if err := t.read(p[n:n+int(want)], at-t.offset); err != nil {
			return n, err
		}
		n += int(want)
	}
	return n, end
}

// RowReader returns a ReadFunc for a tensor that is made in whole rows of
// rowBytes each: rows fills dst with the rows from first on. Pieces that begin or
// end within a row are cut from whole ones.
func RowReader(rowBytes int, rows func(dst []byte, first int) error) ReadFunc {
	return func(dst []byte, off int64) error {
		size := int64(rowBytes)
		if off < 0 {
			return fmt.Errorf("gguf: %w", &errs.FormatError{Offset: off, What: "a piece before the tensor"})
		}
		if off%size == 0 && int64(len(dst))%size == 0 {
			return rows(dst, int(off/size))
		}
		first := off / size
		last := (off + int64(len(dst)) + size - 1) / size
		whole := make([]byte, (last-first)*size)
		if err := rows(whole, int(first)); err != nil {
			return err
		}
		copy(dst, whole[off-first*size:])
		return nil
	}
}

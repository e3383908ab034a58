// Package gguf reads and writes GGUF, the file format of ggml's models.
//
// A file is a header (metadata as keys and values, then one record per tensor)
// and the tensors' bytes. Read checks the whole header before it returns:
// every count, length and offset is hostile until then.
//
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.
package gguf

import (
	"fmt"
	"io"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/quant"
)

// Limits on what a header may hold; real files are far below them.
const (
	MaxTensors      = 1 << 16
	MaxKeys         = 1 << 16
	MaxKeyBytes     = 1<<16 - 1 // the format's own limit
	MaxStringBytes  = 1 << 26   // chat templates and long texts
	MaxArrayLen     = 1 << 24   // vocabularies have less than 2^19
	MaxHeaderBytes  = 1 << 29   // all of the metadata and tensor records
	MaxDims         = 4
	MaxAlignment    = 1 << 20
	defaultAlign    = 32
	magic           = 0x46554747 // "GGUF", little-endian
	swappedMagicVer = 0x03000000
)

// File is the checked header of a GGUF file.
type File struct {
	Version    uint32
	Alignment  int64    // of tensor offsets, in bytes
	DataOffset int64    // where the tensors' bytes begin, in bytes from the start
	Tensors    []Tensor // in file order
	Metadata            // keys and values

	r      io.ReaderAt
	byName map[string]int
}

// Tensor is where a tensor lies in the file and what it is.
type Tensor struct {
	Name   string
	Shape  []int64 // innermost first: Shape[0] is the length of a row
	TypeID uint32  // ggml_type
	Offset int64   // from the start of the file, in bytes
	Size   int64   // in bytes; -1 if the type is not known
}

// Type returns the tensor's storage type, or an *errs.UnsupportedError that
// names the tensor.
func (t *Tensor) Type() (quant.Type, error) {
	typ, ok := quant.Lookup(t.TypeID)
	if !ok {
		return typ, fmt.Errorf("gguf: tensor %q: %w", t.Name, &errs.UnsupportedError{What: fmt.Sprintf("tensor type number %d", t.TypeID)})
	}
	return typ, nil
}

// Cols returns the length of a row, in values.
func (t *Tensor) Cols() int { return int(t.Shape[0]) }

// Rows returns the number of rows: the product of all dimensions but the first.
func (t *Tensor) Rows() int {
	n := int64(1)
	for _, d := range t.Shape[1:] {
		n *= d
	}
	return int(n)
}

// Tensor returns the tensor of that name.
func (f *File) Tensor(name string) (*Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return nil, false
	}
	return &f.Tensors[i], true
}

// ReadAt reads bytes of the file, of several tensors at once: an io.ReaderAt.
func (f *File) ReadAt(dst []byte, off int64) (int, error) { return f.r.ReadAt(dst, off) }

// ReadTensor reads len(dst) bytes of a tensor, from byte off within it.
func (f *File) ReadTensor(t *Tensor, dst []byte, off int64) error {
	if off < 0 || off+int64(len(dst)) > t.Size {
		return fmt.Errorf("gguf: tensor %q: bytes %d to %d of %d", t.Name, off, off+int64(len(dst)), t.Size)
	}
	if n, err := f.r.ReadAt(dst, t.Offset+off); n < len(dst) { // else an EOF says that the file ends just behind them
		if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
			return fmt.Errorf("gguf: tensor %q: %w", t.Name, &errs.FormatError{Offset: t.Offset + off, What: "file ends within the tensor"})
		}
		return fmt.Errorf("gguf: tensor %q: %w", t.Name, err)
	}
	return nil
}

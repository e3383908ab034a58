package gguf

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/gander-lm/gander/core/quant"
)

// Writer collects the metadata and tensors of a GGUF file of version 3. The
// first mistake is kept and returned by WriteTo.
type Writer struct {
	meta    []byte
	keys    map[string]bool
	tensors []outTensor
	err     error
}

type outTensor struct {
	Tensor
	write func(io.Writer) error
	read  ReadFunc // nil for a tensor that can only be written
}

// NewWriter returns an empty Writer.
func NewWriter() *Writer { return &Writer{keys: map[string]bool{}} }

func (w *Writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("gguf: "+format, args...)
	}
}

// Set adds a key. Its value is one of the integer types of fixed size, float32,
// float64, bool, string, or a slice of one of these.
func (w *Writer) Set(key string, value any) {
	if w.keys[key] || key == "" || len(key) > MaxKeyBytes {
		w.fail("metadata key %q is empty, too long or set twice", key)
		return
	}
	w.keys[key] = true
	typ, data, n, slice := encode(value)
	if data == nil {
		w.fail("metadata key %q: a value of type %T can't be stored", key, value)
		return
	}
	w.meta = appendString(w.meta, key)
	if slice {
		w.meta = binary.LittleEndian.AppendUint32(w.meta, typeArray)
	}
	w.meta = binary.LittleEndian.AppendUint32(w.meta, typ)
	if slice {
		w.meta = binary.LittleEndian.AppendUint64(w.meta, uint64(n))
	}
	w.meta = append(w.meta, data...)
}

// AddTensor adds a tensor whose bytes write gives when the file is written.
// shape is innermost first; the bytes must be as many as shape and type say.
func (w *Writer) AddTensor(name string, shape []int64, typ quant.Type, write func(io.Writer) error) {
	t := outTensor{Tensor: Tensor{Name: name, Shape: shape, TypeID: typ.ID}, write: write}
	var err error
	if t.Size, err = t.bytes(); err != nil || len(shape) == 0 || len(shape) > MaxDims {
		w.fail("tensor %q of shape %d: %v", name, shape, err)
		return
	}
	w.tensors = append(w.tensors, t)
}

// header returns all that is before the tensors' bytes, without padding.
func (w *Writer) header() ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	le := binary.LittleEndian
	h := le.AppendUint32(nil, magic)
	h = le.AppendUint32(h, 3)
	h = le.AppendUint64(h, uint64(len(w.tensors)))
	h = le.AppendUint64(h, uint64(len(w.keys)))
	h = append(h, w.meta...)
	offset := int64(0)
	for _, t := range w.tensors {
		h = appendString(h, t.Name)
		h = le.AppendUint32(h, uint32(len(t.Shape)))
		for _, d := range t.Shape {
			h = le.AppendUint64(h, uint64(d))
		}
		h = le.AppendUint32(h, t.TypeID)
		h = le.AppendUint64(h, uint64(offset))
		offset = align(offset + t.Size)
	}
	return h, nil
}

// WriteTo writes the file and returns how many bytes it has.
func (w *Writer) WriteTo(out io.Writer) (int64, error) {
	h, err := w.header()
	if err != nil {
		return 0, err
	}
	c := &countingWriter{w: out}
	c.Write(padded(h))
	for _, t := range w.tensors {
		before := c.n
		if err := t.write(c); err != nil && c.err == nil {
			c.err = err
		}
		if c.err == nil && c.n-before != t.Size {
			c.err = fmt.Errorf("gguf: tensor %q has %d bytes, its shape says %d", t.Name, c.n-before, t.Size)
		}
		c.pad()
		if c.err != nil {
			return c.n, c.err
		}
	}
	return c.n, c.err
}

// countingWriter keeps the number of bytes and the first error.
type countingWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *countingWriter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
	return n, err
}

func (c *countingWriter) pad() { c.Write(make([]byte, align(c.n)-c.n)) }

// align returns the next offset at which a tensor can be.
func align(n int64) int64 { return (n + defaultAlign - 1) / defaultAlign * defaultAlign }

func padded(b []byte) []byte { return append(b, make([]byte, align(int64(len(b)))-int64(len(b)))...) }

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// encode returns a value's type number and bytes, and for a slice its length;
// data is nil for a type that can't be stored.
func encode(value any) (typ uint32, data []byte, n int, slice bool) {
	data = []byte{}
	switch v := value.(type) {
	case string:
		return typeString, appendString(data, v), 1, false
	case []string:
		for _, s := range v {
			data = appendString(data, s)
		}
		return typeString, data, len(v), true
	}
	typ, slice, ok := typeOf(value)
	if !ok {
		return 0, nil, 0, false
	}
	data, err := binary.Append(data, binary.LittleEndian, value)
	if err != nil {
		return 0, nil, 0, false
	}
	return typ, data, len(data) / int(valueBytes[typ]), slice
}

// typeOf returns the number of a fixed-size type, of the value or its elements.
func typeOf(value any) (typ uint32, slice, ok bool) {
	switch value.(type) {
	case uint8:
		return typeUint8, false, true
	case []uint8:
		return typeUint8, true, true
	case int8:
		return typeInt8, false, true
	case []int8:
		return typeInt8, true, true
	case uint16:
		return typeUint16, false, true
	case []uint16:
		return typeUint16, true, true
	case int16:
		return typeInt16, false, true
	case []int16:
		return typeInt16, true, true
	case uint32:
		return typeUint32, false, true
	case []uint32:
		return typeUint32, true, true
	case int32:
		return typeInt32, false, true
	case []int32:
		return typeInt32, true, true
	case float32:
		return typeFloat32, false, true
	case []float32:
		return typeFloat32, true, true
	case bool:
		return typeBool, false, true
	case []bool:
		return typeBool, true, true
	case uint64:
		return typeUint64, false, true
	case []uint64:
		return typeUint64, true, true
	case int64:
		return typeInt64, false, true
	case []int64:
		return typeInt64, true, true
	case float64:
		return typeFloat64, false, true
	case []float64:
		return typeFloat64, true, true
	}
	return 0, false, false
}

package coretest

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// Edited is a GGUF file that a test changes.
type Edited struct {
	Keys    map[string]any
	Tensors map[string]EditedTensor
}

// EditedTensor is a tensor with its bytes.
type EditedTensor struct {
	Shape []int64 // innermost first
	Type  quant.Type
	Raw   []byte
}

// Edit reads a GGUF file.
func Edit(tb testing.TB, data []byte) *Edited {
	tb.Helper()
	f, err := gguf.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(tb, err)
	e := &Edited{Keys: map[string]any{}, Tensors: map[string]EditedTensor{}}
	for _, k := range f.Keys() {
		e.Keys[k], _ = f.Value(k)
	}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		typ, err := t.Type()
		require.NoError(tb, err)
		raw := make([]byte, t.Size)
		require.NoError(tb, f.ReadTensor(t, raw, 0))
		e.Tensors[t.Name] = EditedTensor{t.Shape, typ, raw}
	}
	return e
}

// Values returns a tensor's values.
func (t EditedTensor) Values() []float32 {
	values := make([]float32, len(t.Raw)/t.Type.BlockBytes*t.Type.BlockLen)
	t.Type.Dequantize(values, t.Raw)
	return values
}

// As returns the tensor in another type.
func (t EditedTensor) As(typ quant.Type) EditedTensor {
	values := t.Values()
	raw := make([]byte, len(values)/typ.BlockLen*typ.BlockBytes)
	typ.Quantize(raw, values)
	return EditedTensor{t.Shape, typ, raw}
}

// Rows returns rows of a matrix, each of the given numbers after the other.
func (t EditedTensor) Rows(rows ...int) EditedTensor {
	n := len(t.Raw) / int(t.Shape[1])
	out := EditedTensor{Shape: []int64{t.Shape[0], int64(len(rows))}, Type: t.Type}
	for _, r := range rows {
		out.Raw = append(out.Raw, t.Raw[r*n:(r+1)*n]...)
	}
	return out
}

// Bytes returns the file.
func (e *Edited) Bytes(tb testing.TB) []byte {
	tb.Helper()
	w := gguf.NewWriter()
	for _, k := range sortedKeys(e.Keys) {
		w.Set(k, e.Keys[k])
	}
	for _, name := range sortedKeys(e.Tensors) {
		t := e.Tensors[name]
		w.AddTensor(name, t.Shape, t.Type, func(out io.Writer) error {
			_, err := out.Write(t.Raw)
			return err
		})
	}
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(tb, err)
	return b.Bytes()
}

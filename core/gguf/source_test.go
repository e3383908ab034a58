package gguf

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/quant"
)

// sourceWriter is a writer of tensors that can be read in any order, with gaps
// between them.
func sourceWriter() *Writer {
	w := NewWriter()
	w.Set("general.architecture", "llama")
	for _, t := range []struct {
		name  string
		shape []int64
		typ   quant.Type
	}{{"a", []int64{3}, quant.F32}, {"b.weight", []int64{32, 5}, quant.F32}, {"c.weight", []int64{7, 2}, quant.Float16}, {"d_norm.weight", []int64{32, 2}, quant.F32}} {
		w.AddSource(t.name, t.shape, t.typ, func(dst []byte, off int64) error {
			for i := range dst {
				dst[i] = byte(off+int64(i)) & 0x3f // exponents are small
			}
			return nil
		})
	}
	return w
}

// TestReaderIsFile: reading without writing gives the file, in pieces of any size.
func TestReaderIsFile(t *testing.T) {
	var file bytes.Buffer
	_, err := sourceWriter().WriteTo(&file)
	require.NoError(t, err)
	r, size, err := sourceWriter().Reader()
	require.NoError(t, err)
	require.Equal(t, int64(file.Len()), size)
	for _, step := range []int{1, 13, 64, file.Len(), file.Len() + 5} {
		got := make([]byte, 0, file.Len())
		for off := 0; off < file.Len(); off += step {
			p := bytes.Repeat([]byte{0xee}, step)
			n, err := r.ReadAt(p, int64(off))
			if n < step {
				require.Equal(t, io.EOF, err)
			} else {
				require.NoError(t, err)
			}
			got = append(got, p[:n]...)
		}
		require.Equal(t, file.Bytes(), got, "in pieces of %d", step)
	}
	_, err = r.ReadAt(make([]byte, 1), size)
	assert.Equal(t, io.EOF, err)
}

func TestReaderErrors(t *testing.T) {
	w := NewWriter()
	w.AddTensor("t", []int64{4}, quant.F32, func(io.Writer) error { return nil })
	_, _, err := w.Reader()
	require.ErrorContains(t, err, "only be written")

	lost := errors.New("network lost")
	w = NewWriter()
	w.AddSource("t", []int64{4}, quant.F32, func([]byte, int64) error { return lost })
	r, size, err := w.Reader()
	require.NoError(t, err)
	f, err := Read(r, size)
	require.NoError(t, err)
	require.ErrorIs(t, f.ReadTensor(&f.Tensors[0], make([]byte, 16), 0), lost)
	_, err = w.WriteTo(io.Discard)
	require.ErrorIs(t, err, lost)
	w.AddSource("t", []int64{0}, quant.F32, nil)
	_, _, err = w.Reader()
	require.Error(t, err)
}

// TestQuantize: matrices of whole blocks change, all else stays, and rows are those
// that the type makes of their values.
func TestQuantize(t *testing.T) {
	r, size, err := sourceWriter().Reader()
	require.NoError(t, err)
	f, err := Read(r, size)
	require.NoError(t, err)
	w, err := f.Quantize(quant.Q8_0)
	require.NoError(t, err)
	r, size, err = w.Reader()
	require.NoError(t, err)
	q, err := Read(r, size)
	require.NoError(t, err)
	types := map[string]string{}
	for i := range q.Tensors {
		typ, err := q.Tensors[i].Type()
		require.NoError(t, err)
		types[q.Tensors[i].Name] = typ.Name
	}
	assert.Equal(t, map[string]string{"a": "F32", "b.weight": "Q8_0", "c.weight": "F16", "d_norm.weight": "F32"}, types)
	number, _ := q.Uint("general.file_type")
	assert.Equal(t, uint64(7), number)
	arch, _ := q.String("general.architecture")
	assert.Equal(t, "llama", arch)

	b, _ := f.Tensor("b.weight")
	raw, values := make([]byte, b.Size), make([]float32, 32*5)
	require.NoError(t, f.ReadTensor(b, raw, 0))
	quant.F32.Dequantize(values, raw)
	want := make([]byte, 34*5)
	quant.Q8_0.Quantize(want, values)
	b, _ = q.Tensor("b.weight")
	got := make([]byte, 34*3)
	require.NoError(t, q.ReadTensor(b, got, 34))
	assert.Equal(t, want[34:34*4], got)

	// What is quantised already stays, and so does the type that the file says it has.
	w, err = q.Quantize(quant.Q4_0)
	require.NoError(t, err)
	r, size, err = w.Reader()
	require.NoError(t, err)
	again, err := Read(r, size)
	require.NoError(t, err)
	assert.Equal(t, b.TypeID, again.Tensors[1].TypeID)
	number, _ = again.Uint("general.file_type")
	assert.Equal(t, uint64(7), number)
	number, _ = again.Uint("general.quantization_version")
	assert.Equal(t, uint64(2), number)
}

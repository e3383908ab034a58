package gguf

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/quant"
)

// splitPart is a part with the given tensors of eight values, each value being
// the tensor's number.
func splitPart(t *testing.T, keys map[string]any, tensors ...int) []byte {
	w := NewWriter()
	for k, v := range keys {
		w.Set(k, v)
	}
	for _, n := range tensors {
		w.AddTensor(fmt.Sprintf("t%d", n), []int64{8}, quant.F32, func(out io.Writer) error { _, err := out.Write(bytes.Repeat([]byte{byte(n)}, 32)); return err })
	}
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(t, err)
	return b.Bytes()
}

func parts(files ...[]byte) (out []Part) {
	for _, b := range files {
		out = append(out, Part{bytes.NewReader(b), int64(len(b))})
	}
	return out
}

func keys(no, count, tensors int) map[string]any {
	return map[string]any{"split.no": uint16(no), "split.count": uint16(count), "split.tensors.count": int32(tensors)}
}

func TestReadSplit(t *testing.T) {
	first := keys(0, 3, 4)
	first["general.name"] = "whole"
	a, b, c := splitPart(t, first), splitPart(t, keys(1, 3, 4), 0, 1), splitPart(t, keys(2, 3, 4), 2, 3)
	for _, order := range [][][]byte{{a, b, c}, {c, a, b}} {
		f, err := ReadSplit(parts(order...))
		require.NoError(t, err)
		name, _ := f.String("general.name")
		assert.Equal(t, "whole", name)
		require.Len(t, f.Tensors, 4)
		last := int64(0)
		for n := range 4 {
			x, ok := f.Tensor(fmt.Sprintf("t%d", n))
			require.True(t, ok)
			assert.Greater(t, x.Offset, last, "offsets go on from part to part")
			last = x.Offset
			got := make([]byte, 16)
			require.NoError(t, f.ReadTensor(x, got, 16))
			assert.Equal(t, bytes.Repeat([]byte{byte(n)}, 16), got)
		}
	}
	one, err := ReadSplit(parts(sample(t)))
	require.NoError(t, err)
	assert.Len(t, one.Tensors, 2)
}

func TestReadSplitBroken(t *testing.T) {
	a, b := splitPart(t, keys(0, 2, 2), 0), splitPart(t, keys(1, 2, 2), 1)
	for _, c := range []struct {
		name  string
		files [][]byte
		want  string
	}{
		{"none", nil, "no files"},
		{"a part alone", [][]byte{b}, "part 2 of 2 of a split model; all parts are needed, and 1 were given"},
		{"a part too many", [][]byte{a, b, b}, "3 were given"},
		{"a part twice", [][]byte{a, a}, "two of the files are part 1"},
		{"a whole file among them", [][]byte{a, sample(t)}, "no part of a split model"},
		{"number too large", [][]byte{a, splitPart(t, keys(2, 2, 2), 1)}, "split.no is 2 of 2"},
		{"number missing", [][]byte{a, splitPart(t, map[string]any{"split.count": uint16(2)}, 1)}, "no part of a split model"},
		{"number negative", [][]byte{a, splitPart(t, map[string]any{"split.count": uint16(2), "split.no": int16(-1)}, 1)}, "no part of a split model"},
		{"tensor twice", [][]byte{a, splitPart(t, keys(1, 2, 2), 0)}, `tensor "t0" is in two parts`},
		{"tensor missing", [][]byte{a, splitPart(t, keys(1, 2, 2))}, "1 tensors together, split.tensors.count says 2"},
		{"a part that is cut", [][]byte{a, b[:len(b)-40]}, "part 2 of 2: gguf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadSplit(parts(c.files...))
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

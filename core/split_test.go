package core_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// split cuts a model into files as gguf-split does: the metadata and no tensor in
// the first, count tensors in each of the others.
func split(t *testing.T, model []byte, count int) [][]byte {
	f, err := gguf.Read(bytes.NewReader(model), int64(len(model)))
	require.NoError(t, err)
	parts := 1 + (len(f.Tensors)+count-1)/count
	var files [][]byte
	for no := range parts {
		w := gguf.NewWriter()
		for _, k := range f.Keys() {
			if v, _ := f.Value(k); no == 0 {
				w.Set(k, v)
			}
		}
		w.Set("split.no", uint16(no))
		w.Set("split.count", uint16(parts))
		w.Set("split.tensors.count", int32(len(f.Tensors)))
		for i := max(0, no-1) * count; no > 0 && i < min(no*count, len(f.Tensors)); i++ {
			x := &f.Tensors[i]
			typ, err := x.Type()
			require.NoError(t, err)
			w.AddTensor(x.Name, x.Shape, typ, func(out io.Writer) error {
				_, err := out.Write(model[x.Offset : x.Offset+x.Size])
				return err
			})
		}
		var b bytes.Buffer
		_, err := w.WriteTo(&b)
		require.NoError(t, err)
		files = append(files, b.Bytes())
	}
	return files
}

// TestSplitModel compares a model in one file with itself in several.
func TestSplitModel(t *testing.T) {
	for _, name := range []string{"llama_untied", "q_llama_q4_0"} {
		f := coretest.Golden(t, name)
		whole, err := os.ReadFile(f.ModelPath)
		require.NoError(t, err)
		var parts []core.Part
		for _, b := range split(t, whole, 7) {
			parts = append(parts, core.Part{ReaderAt: bytes.NewReader(b), Size: int64(len(b))})
		}
		require.Greater(t, len(parts), 2)
		var done, total int64
		m, err := core.OpenParts(context.Background(), parts, core.Options{ContextLength: f.NCtx, Progress: func(d, all int64) {
			require.GreaterOrEqual(t, d, done)
			done, total = d, all
		}})
		require.NoError(t, err)
		assert.Equal(t, total, done)
		assert.Equal(t, total, m.Info().FileSize)
		got, err := m.Logits(context.Background(), f.Prompt)
		require.NoError(t, err)
		want, err := open(t, f.ModelPath, core.Options{ContextLength: f.NCtx}).Logits(context.Background(), f.Prompt)
		require.NoError(t, err)
		assert.Equal(t, want, got)

		_, err = core.OpenParts(context.Background(), parts[1:], core.Options{})
		assert.Equal(t, "bad_file", core.Code(err))
	}
}

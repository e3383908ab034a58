package gguf_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

func readFile(t *testing.T, path ...string) *gguf.File {
	t.Helper()
	b, err := os.ReadFile(coretest.Shared(t, append([]string{"thirdparty", "models"}, path...)...))
	require.NoError(t, err)
	f, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	return f
}

func bytesOf(t *testing.T, f *gguf.File, x *gguf.Tensor) []byte {
	b := make([]byte, x.Size)
	require.NoError(t, f.ReadTensor(x, b, 0))
	return b
}

// TestQuantizeLikeLlamaCpp compares with files that llama.cpp's own quantiser has
// made of the same weights: wherever it chose the same type, the bytes are the same.
func TestQuantizeLikeLlamaCpp(t *testing.T) {
	tiny := []string{"TinyStories-656K", "gguf", "TinyStories-656K-F32.gguf"}
	stories := []string{"stories260K", "stories260K.gguf"}
	for _, c := range []struct {
		from []string
		to   string
		typ  quant.Type
		same int // matrices of this type in llama.cpp's file
	}{
		{tiny, "TinyStories-656K-Q8_0.gguf", quant.Q8_0, 15},
		{tiny, "TinyStories-656K-Q4_0.gguf", quant.Q4_0, 14},
		{tiny, "TinyStories-656K-Q4_K_M.gguf", quant.Q5_0, 12},
		{tiny, "TinyStories-656K-F16.gguf", quant.Float16, 15},
		{stories, "stories260K-Q8_0.gguf", quant.Q8_0, 32},
		{stories, "stories260K-Q4_0.gguf", quant.Q4_0, 31},
	} {
		t.Run(c.to, func(t *testing.T) {
			w, err := readFile(t, c.from...).Quantize(c.typ)
			require.NoError(t, err)
			r, size, err := w.Reader()
			require.NoError(t, err)
			got, err := gguf.Read(r, size)
			require.NoError(t, err)
			want := readFile(t, "quantized", c.to)
			n := 0
			for i := range want.Tensors {
				x := &want.Tensors[i]
				if x.TypeID != c.typ.ID {
					continue
				}
				n++
				y, ok := got.Tensor(x.Name)
				require.True(t, ok)
				require.Equal(t, x.TypeID, y.TypeID, x.Name)
				assert.Equal(t, bytesOf(t, want, x), bytesOf(t, got, y), x.Name)
			}
			assert.Equal(t, c.same, n)
		})
	}
}

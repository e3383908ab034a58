package hf_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// readGGUF reads a file from disk.
func readGGUF(t testing.TB, path string) *gguf.File {
	t.Helper()
	return parseGGUF(t, readFile(t, path))
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

func parseGGUF(t testing.TB, b []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	return f
}

// view opens a folder on disk as GGUF.
func view(t testing.TB, path string) *gguf.File {
	t.Helper()
	return viewFS(t, os.DirFS(path))
}

// tensorBytes returns all bytes of a tensor.
func tensorBytes(t testing.TB, f *gguf.File, name string) []byte {
	t.Helper()
	x, ok := f.Tensor(name)
	require.True(t, ok, "tensor %q is not there", name)
	b := make([]byte, x.Size)
	require.NoError(t, f.ReadTensor(x, b, 0))
	return b
}

// TestTinyStories compares with the file that was made of the same folder, with
// rows permuted as llama.cpp's converter does: every tensor has the same bytes.
func TestTinyStories(t *testing.T) {
	want := readGGUF(t, coretest.Shared(t, "thirdparty", "models", "TinyStories-656K", "gguf", "TinyStories-656K-F32.gguf"))
	got := view(t, coretest.Shared(t, "thirdparty", "models", "TinyStories-656K"))
	assert.Len(t, got.Tensors, len(want.Tensors))
	for i := range want.Tensors {
		x := &want.Tensors[i]
		g, ok := got.Tensor(x.Name)
		require.True(t, ok, x.Name)
		assert.Equal(t, x.Shape, g.Shape, x.Name)
		assert.Equal(t, x.TypeID, g.TypeID, x.Name)
		assert.Equal(t, tensorBytes(t, want, x.Name), tensorBytes(t, got, x.Name), x.Name)
	}
	for _, key := range []string{"general.architecture", "llama.block_count", "llama.context_length", "llama.embedding_length", "llama.feed_forward_length",
		"llama.attention.head_count", "llama.attention.head_count_kv", "llama.attention.layer_norm_rms_epsilon", "llama.rope.freq_base", "llama.rope.dimension_count"} {
		w, _ := want.Value(key)
		g, _ := got.Value(key)
		assert.Equal(t, w, g, key)
	}
}

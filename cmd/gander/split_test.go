package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
)

// writeSplit writes a model as two files: its metadata, and its tensors.
func writeSplit(t *testing.T, model []byte, dir string) (first, second string) {
	f, err := gguf.Read(bytes.NewReader(model), int64(len(model)))
	require.NoError(t, err)
	for no, path := range []*string{&first, &second} {
		w := gguf.NewWriter()
		w.Set("split.no", uint16(no))
		w.Set("split.count", uint16(2))
		w.Set("split.tensors.count", int32(len(f.Tensors)))
		for _, k := range f.Keys() {
			if v, _ := f.Value(k); no == 0 {
				w.Set(k, v)
			}
		}
		for i := range f.Tensors {
			if x := &f.Tensors[i]; no == 1 {
				typ, err := x.Type()
				require.NoError(t, err)
				w.AddTensor(x.Name, x.Shape, typ, func(out io.Writer) error {
					_, err := out.Write(model[x.Offset : x.Offset+x.Size])
					return err
				})
			}
		}
		var b bytes.Buffer
		_, err := w.WriteTo(&b)
		require.NoError(t, err)
		*path = filepath.Join(dir, []string{"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"}[no])
		require.NoError(t, os.WriteFile(*path, b.Bytes(), 0o600))
	}
	return first, second
}

func TestSplit(t *testing.T) {
	f, tokens := golden(t)
	model, err := os.ReadFile(f.modelPath)
	require.NoError(t, err)
	first, second := writeSplit(t, model, t.TempDir())
	_, want, _ := gander("", "logits", "-m", f.modelPath, "--tokens", tokens, "--json")
	for _, path := range []string{first, second} {
		code, got, stderr := gander("", "logits", "-m", path, "--tokens", tokens, "--json")
		assert.Zero(t, code, stderr)
		assert.Equal(t, want, got, "the other part is found by its name")
		code, got, _ = gander("", "inspect", path)
		assert.Zero(t, code)
		assert.Contains(t, got, "this version can run it, in ")
	}
	require.NoError(t, os.Remove(second))
	code, _, stderr := gander("", "logits", "-m", first, "--tokens", tokens)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "m-00002-of-00002.gguf")
}

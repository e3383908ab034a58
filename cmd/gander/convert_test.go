package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// runText runs a model greedily and returns the ids of its text.
func runText(t *testing.T, args ...string) []int32 {
	t.Helper()
	code, stdout, stderr := gander("", append([]string{"run", "-n", "30", "--temp", "0", "--ignore-eos", "--json"}, args...)...)
	require.Equal(t, 0, code, stderr)
	var got struct{ Tokens []int32 }
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	require.Len(t, got.Tokens, 30)
	return got.Tokens
}

// TestConvertFolder: a folder, the file that is made of it, and llama.cpp's own
// quantisation write the same text.
func TestConvertFolder(t *testing.T) {
	model := shared(t, "thirdparty", "models", "TinyStories-656K")
	dir := t.TempDir()
	prompt := []string{"--tokens", "1,80,147,201,282,57"}
	plain, q8 := filepath.Join(dir, "plain.gguf"), filepath.Join(dir, "q8.gguf")
	code, stdout, stderr := gander("", "convert", "-m", model, "-o", plain)
	require.Equal(t, 0, code, stderr)
	assert.Contains(t, stdout, "20 tensors of F32")
	code, stdout, stderr = gander("", "convert", "-m", model, "-o", q8, "--type", "q8_0", "--json")
	require.Equal(t, 0, code, stderr)
	var wrote struct {
		File  string
		Size  int64
		Types map[string]int
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &wrote))
	assert.Equal(t, map[string]int{"F32": 5, "Q8_0": 15}, wrote.Types)
	info, err := os.Stat(q8)
	require.NoError(t, err)
	assert.Equal(t, info.Size(), wrote.Size)

	exact := runText(t, append([]string{"-m", model}, prompt...)...)
	assert.Equal(t, exact, runText(t, append([]string{"-m", plain}, prompt...)...))
	small := runText(t, append([]string{"-m", q8}, prompt...)...)
	assert.Equal(t, small, runText(t, append([]string{"-m", model, "--quantize", "q8_0"}, prompt...)...))
	assert.Equal(t, small, runText(t, append([]string{"-m", model, "--quantize", "Q8_0", "--workers", "2"}, prompt...)...))
	assert.Equal(t, small, runText(t, append([]string{"-m", shared(t, "thirdparty", "models", "quantized", "TinyStories-656K-Q8_0.gguf")}, prompt...)...))

	// A GGUF file of floats can be quantised again.
	again := filepath.Join(dir, "again.gguf")
	code, _, stderr = gander("", "convert", "-m", plain, "-o", again, "--type", "q8_0")
	require.Equal(t, 0, code, stderr)
	a, err := os.ReadFile(q8)
	require.NoError(t, err)
	b, err := os.ReadFile(again)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(a, b), "the same bytes, whichever way")
	code, _, stderr = gander("", "convert", "-m", q8, "-o", filepath.Join(dir, "q4.gguf"), "--type", "q4_0")
	assert.Equal(t, 2, code, "what is quantised is not quantised again")
	assert.Contains(t, stderr, "no matrix that can become q4_0")
	left, err := filepath.Glob(filepath.Join(dir, ".gander-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "no half of a file is left")

	code, stdout, stderr = gander("", "inspect", model, "--json")
	require.Equal(t, 0, code, stderr)
	var r report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	assert.True(t, r.Supported)
	assert.Len(t, r.Tensors, 20)
}

func TestLlama2CModel(t *testing.T) {
	dir := shared(t, "thirdparty", "models", "stories260K")
	model := filepath.Join(dir, "stories260K.bin")
	want := runText(t, "-m", filepath.Join(dir, "stories260K.gguf"), "-p", "Once")
	assert.Equal(t, want, runText(t, "-m", model, "-p", "Once"), "the tokenizer beside it is found")
	assert.Equal(t, want, runText(t, "-m", model, "-p", "Once", "--tokenizer", filepath.Join(dir, "tok512.bin")))
	assert.Equal(t, want, runText(t, "-m", dir, "-p", "Once"), "the folder")

	alone := filepath.Join(t.TempDir(), "model.bin")
	b, err := os.ReadFile(model)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(alone, b, 0o600))
	code, _, stderr := gander("", "run", "-m", alone, "-p", "Once")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "neither tokenizer.bin nor tok*.bin")
	code, _, stderr = gander("", "run", "-m", alone, "-p", "Once", "--tokenizer", shared(t, "thirdparty", "models", "llama2c-tokenizers", "tok4096.bin"))
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "more than the model's vocab_size 512")
}

func TestBadConversions(t *testing.T) {
	dir := t.TempDir()
	f, _ := golden(t)
	text := filepath.Join(t.TempDir(), "text.gguf")
	require.NoError(t, os.WriteFile(text, []byte("no model"), 0o600))
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no output", []string{"-m", dir}, 2, "-o OUT.gguf is missing"},
		{"no model", []string{"-o", "x"}, 2, "is missing"},
		{"type that is only read", []string{"-m", dir, "-o", "x", "--type", "q4_k"}, 2, "known are f32, f16, q4_0"},
		{"nothing to do", []string{"-m", f.modelPath, "-o", "x"}, 2, "--type is missing"},
		{"no GGUF file", []string{"-m", text, "-o", "x"}, 1, "not a GGUF file"},
		{"empty folder", []string{"-m", dir, "-o", filepath.Join(dir, "x")}, 1, "no model that is known"},
		{"no such folder", []string{"-m", filepath.Join(dir, "y"), "-o", "x"}, 1, "no such file"},
		{"tokenizer of a GGUF file", []string{"-m", f.modelPath, "-o", "x", "--type", "q8_0", "--tokenizer", "t"}, 2, "--tokenizer is for .bin"},
		{"output that can't be", []string{"-m", f.modelPath, "-o", filepath.Join(dir, "y", "x"), "--type", "q8_0"}, 1, "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, stderr := gander("", append([]string{"convert"}, c.args...)...)
			assert.Equal(t, c.code, code, stderr)
			assert.Contains(t, stderr, c.want)
		})
	}
	code, _, stderr := gander("", "run", "-m", f.modelPath, "--quantize", "q9")
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "option quantize")
}

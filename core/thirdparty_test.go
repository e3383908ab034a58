package core_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

// TestTinyGPT2Folder: a folder of GPT-2, whose matrices are stored the other way
// round, gives the ids that the tests of onnxruntime-genai publish for it
// (test/python/test_onnxruntime_genai_api.py, test/model_tests.cpp GreedySearchGptFp32).
func TestTinyGPT2Folder(t *testing.T) {
	m := openFolder(t, folderFS(t, "tiny-random-gpt2"), core.Options{})
	for _, want := range [][]int32{{0, 0, 0, 52, 204, 204, 204, 204, 204, 204}, {0, 0, 195, 731, 731, 114, 114, 114, 114, 114}} {
		got, _, _ := generate(t, m, want[:4], greedy(6))
		assert.Equal(t, want[4:], got)
	}
}

// TestSyntheticModels compares models of random weights with their logits in
// float64, after each token of a prompt, and with their text.
func TestSyntheticModels(t *testing.T) {
	b, err := os.ReadFile(coretest.Shared(t, "thirdparty", "oracle", "models", "synthetic.share.json"))
	require.NoError(t, err)
	var file struct {
		Models map[string]struct {
			File      string
			PromptIDs []int32      `json:"prompt_ids"`
			Greedy    []int32      `json:"greedy_ids"`
			Steps     []oracleStep `json:"float64_steps"`
		}
	}
	require.NoError(t, json.Unmarshal(b, &file))
	require.NotEmpty(t, file.Models)
	for name, want := range file.Models {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(coretest.Shared(t, "thirdparty", want.File))
			require.NoError(t, err)
			m, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
			var ue *errs.UnsupportedError
			if errors.As(err, &ue) {
				t.Skip(err)
			}
			require.NoError(t, err)
			follow(t, m, want.PromptIDs, want.Greedy, want.Steps, 1e-4)
		})
	}
}

// TestQuantizedModels compares each file of llama.cpp's quantiser with itself in
// float32: the values are the same, and only the activations have fewer bits.
func TestQuantizedModels(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(coretest.Shared(t, "thirdparty", "models", "quantized"), "*.gguf"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	ids := []int32{1, 403, 407, 261, 378, 432, 383, 286, 261, 376}
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) {
			m := open(t, p, core.Options{})
			for i := range ids {
				ids[i] %= int32(m.Info().VocabSize)
			}
			got, err := m.AllLogits(context.Background(), ids)
			require.NoError(t, err)
			b := dequantized(t, p)
			exact, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
			require.NoError(t, err)
			assert.Len(t, exact.Info().Types, 1)
			want, err := exact.AllLogits(context.Background(), ids)
			require.NoError(t, err)
			worst, size := 0.0, 0.0
			for i := range want {
				worst = max(worst, maxDiff(t, want[i], got[i]))
				for _, x := range want[i] {
					size = max(size, math.Abs(float64(x)))
				}
			}
			t.Logf("largest error %.2g of logits up to %.3g", worst, size)
			assert.LessOrEqual(t, worst, 2e-3*size)
		})
	}
}

// dequantized writes a file with all tensors as float32.
func dequantized(t *testing.T, path string) []byte {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	w := gguf.NewWriter()
	for _, k := range f.Keys() {
		v, _ := f.Value(k)
		w.Set(k, v)
	}
	for i := range f.Tensors {
		x := &f.Tensors[i]
		typ, err := x.Type()
		require.NoError(t, err)
		w.AddTensor(x.Name, x.Shape, quant.F32, func(out io.Writer) error {
			values := make([]float32, x.Rows()*x.Cols())
			typ.Dequantize(values, b[x.Offset:x.Offset+x.Size])
			raw := make([]byte, 4*len(values))
			quant.F32.Quantize(raw, values)
			_, err := out.Write(raw)
			return err
		})
	}
	var out bytes.Buffer
	_, err = w.WriteTo(&out)
	require.NoError(t, err)
	return out.Bytes()
}

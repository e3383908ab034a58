package core_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/folder"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// folderFS is a folder of the shared models, only some of its files if they are named.
func folderFS(t testing.TB, name string, only ...string) fs.FS {
	dir := os.DirFS(coretest.Shared(t, "thirdparty", "models", name))
	if len(only) == 0 {
		return dir
	}
	out := fstest.MapFS{}
	for _, n := range only {
		b, err := fs.ReadFile(dir, n)
		require.NoError(t, err)
		out[n] = &fstest.MapFile{Data: b}
	}
	return out
}

// openFolder opens a folder, or skips the test if its architecture is of a later
// version.
func openFolder(t testing.TB, fsys fs.FS, o core.Options) *core.Model {
	t.Helper()
	m, err := core.OpenSource(context.Background(), core.Folder{FS: fsys}, o)
	var ue *errs.UnsupportedError
	if errors.As(err, &ue) {
		t.Skip(err)
	}
	require.NoError(t, err)
	return m
}

// oracleRun is a text that a reference has written, with its logits on the way.
type oracleRun struct {
	Prompt    string
	IDs       []int32 // of the prompt
	PromptIDs []int32 `json:"prompt_ids"`
	Greedy    []int32 `json:"greedy_ids"`
	Steps     []oracleStep
}

// oracleStep is the logits after a token: the largest, and two sums of all.
type oracleStep struct {
	Top        [][2]float64
	Sum, SumSq float64
}

func oracle(t *testing.T, name string) (runs []oracleRun) {
	b, err := os.ReadFile(coretest.Shared(t, "thirdparty", "oracle", "models", name))
	require.NoError(t, err)
	var file struct{ Runs []oracleRun }
	require.NoError(t, json.Unmarshal(b, &file))
	require.NotEmpty(t, file.Runs)
	return file.Runs
}

// follow compares logits at each step of a reference's text, and the text.
func follow(t *testing.T, m *core.Model, prompt, text []int32, steps []oracleStep, tolerance float64) {
	t.Helper()
	ids := append(append([]int32(nil), prompt...), text...)
	rows, err := m.AllLogits(context.Background(), ids)
	require.NoError(t, err)
	worst := 0.0
	for i, step := range steps[:min(len(steps), len(rows))] {
		for _, top := range step.Top {
			worst = max(worst, math.Abs(top[1]-float64(rows[i][int(top[0])])))
		}
		sum, sumSq := 0.0, 0.0
		for _, x := range rows[i] {
			sum, sumSq = sum+float64(x), sumSq+float64(x)*float64(x)
		}
		n := float64(len(rows[i]))
		assert.InDelta(t, step.Sum, sum, n*tolerance, "step %d", i)
		assert.InDelta(t, step.SumSq, sumSq, n*tolerance*2*math.Sqrt(step.SumSq/n)+1e-3, "step %d", i)
	}
	t.Logf("largest error %.2g of the best logits", worst)
	assert.LessOrEqual(t, worst, tolerance)
	got, _, _ := generate(t, m, prompt, greedy(len(text)))
	assert.Equal(t, text, got)
}

// TestLlama2CFolder is llama2.c's own test on its own files, and every logit on
// the way as run.c computes them.
func TestLlama2CFolder(t *testing.T) {
	want, err := os.ReadFile(coretest.Shared(t, "thirdparty", "models", "stories260K", "expected_greedy200.txt"))
	require.NoError(t, err)
	m := openFolder(t, folderFS(t, "stories260K", "stories260K.bin", "tok512.bin"), core.Options{})
	prompt, err := m.Tokenize("", true)
	require.NoError(t, err)
	assert.Equal(t, []int32{1}, prompt)
	_, text, _ := generate(t, m, prompt, greedy(200))
	assert.Equal(t, strings.TrimSpace(string(want)), strings.TrimSpace(text)[:len(strings.TrimSpace(string(want)))])
	for _, r := range oracle(t, "stories260K.llama2c.json") {
		ids, err := m.Tokenize(r.Prompt, true)
		require.NoError(t, err)
		require.Equal(t, r.PromptIDs, ids)
		follow(t, m, r.PromptIDs, r.Greedy, r.Steps, 2e-4)
	}
}

// TestHuggingFaceFolder follows llama.cpp on a trained model in safetensors of
// which only the output matrix is stored.
func TestHuggingFaceFolder(t *testing.T) {
	m := openFolder(t, folderFS(t, "TinyStories-656K"), core.Options{})
	assert.Equal(t, "llama", m.Info().Architecture)
	for _, r := range oracle(t, "TinyStories-656K.f32.json") {
		ids, err := m.Tokenize(r.Prompt, true)
		require.NoError(t, err)
		require.Equal(t, r.IDs, ids)
		follow(t, m, r.IDs, r.Greedy, r.Steps, 2e-4)
	}
}

// convert writes what a folder holds as a GGUF file, in another type if one is given.
func convert(t *testing.T, fsys fs.FS) []byte {
	m, err := folder.Open(fsys)
	require.NoError(t, err)
	defer m.Close()
	require.NoError(t, m.AddVocabulary())
	var b bytes.Buffer
	_, err = m.File.WriteTo(&b)
	require.NoError(t, err)
	return b.Bytes()
}

// TestQuantizeAtLoad: a folder that is quantised as it is opened computes the bits
// of the same, written as GGUF and quantised as that is opened, and of llama.cpp's
// own file of that type.
func TestQuantizeAtLoad(t *testing.T) {
	fsys, ctx := folderFS(t, "TinyStories-656K"), context.Background()
	file := convert(t, fsys)
	ids := oracle(t, "TinyStories-656K.f32.json")[0].IDs
	exact := openFolder(t, fsys, core.Options{})
	for _, c := range []struct {
		quantize, typ string
		smaller       float64 // than float32, in memory
		like          string  // llama.cpp's file of it
	}{{"q8_0", "Q8_0", 3.4, "TinyStories-656K-Q8_0.gguf"}, {"Q4_0", "Q4_0", 6, ""}, {"q5_1", "Q5_1", 3, ""}, {"q4_1", "Q4_1", 5, ""}, {"f16", "F16", 0.9, "TinyStories-656K-F16.gguf"}} {
		t.Run(c.quantize, func(t *testing.T) {
			o := core.Options{Quantize: c.quantize}
			var last, total int64
			o.Progress = func(done, of int64) {
				assert.LessOrEqual(t, last, done)
				last, total = done, of
			}
			m := openFolder(t, fsys, o)
			assert.Equal(t, total, last)
			assert.Equal(t, m.Info().FileSize, total)
			assert.Equal(t, map[string]int{"F32": 5, c.typ: 15}, m.Info().Types)
			assert.Greater(t, float64(exact.Info().Memory.Weights)/float64(m.Info().Memory.Weights), c.smaller)
			got, err := m.AllLogits(ctx, ids)
			require.NoError(t, err)
			written, err := core.Open(ctx, bytes.NewReader(file), int64(len(file)), core.Options{Quantize: c.quantize})
			require.NoError(t, err)
			want, err := written.AllLogits(ctx, ids)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			if c.like != "" {
				want, err := open(t, coretest.Shared(t, "thirdparty", "models", "quantized", c.like), core.Options{}).AllLogits(ctx, ids)
				require.NoError(t, err)
				assert.Equal(t, want, got)
			}
		})
	}
	m := openFolder(t, folderFS(t, "stories260K", "stories260K.bin", "tok512.bin"), core.Options{Quantize: "q8_0"})
	assert.Equal(t, map[string]int{"F32": 11 + 5, "Q8_0": 5*6 + 1}, m.Info().Types, "rows of 172 stay")
	_, err := core.OpenSource(ctx, core.Folder{FS: fsys}, core.Options{Quantize: "q4_k"})
	var oe *errs.OptionError
	require.ErrorAs(t, err, &oe)
	assert.Equal(t, "quantize", oe.Option)
	assert.Contains(t, oe.What, "q8_0")
}

// TestFolderBF16: a BF16 model in shards is what the same values are in F32, and
// takes a quarter of its size when it is quantised.
func TestFolderBF16(t *testing.T) {
	// Values with 8 bits of precision, so that BF16 keeps them.
	var half, full []coretest.STensor
	add := func(name string, shape ...int64) {
		n := int64(1)
		for _, d := range shape {
			n *= d
		}
		a, b := make([]byte, 2*n), make([]byte, 4*n)
		for i := range n {
			bits := uint16(0x3f00 + (i*7919+int64(len(name))*31)%64) // 0.5 to 0.75
			if strings.Contains(name, "proj") && i%2 == 0 {
				bits |= 0x8000
			}
			a[2*i], a[2*i+1] = byte(bits), byte(bits>>8)
			b[4*i+2], b[4*i+3] = byte(bits), byte(bits>>8)
		}
		half = append(half, coretest.STensor{Name: name, DType: "BF16", Shape: shape, Raw: a})
		full = append(full, coretest.STensor{Name: name, DType: "F32", Shape: shape, Raw: b})
	}
	add("model.embed_tokens.weight", 256, 64)
	add("model.norm.weight", 64)
	for _, n := range []string{"q", "k", "v", "o"} {
		add("model.layers.0.self_attn."+n+"_proj.weight", 64, 64)
	}
	add("model.layers.0.mlp.gate_proj.weight", 128, 64)
	add("model.layers.0.mlp.up_proj.weight", 128, 64)
	add("model.layers.0.mlp.down_proj.weight", 64, 128)
	add("model.layers.0.input_layernorm.weight", 64)
	add("model.layers.0.post_attention_layernorm.weight", 64)
	config := map[string]any{"architectures": []string{"LlamaForCausalLM"}, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2,
		"vocab_size": 256, "max_position_embeddings": 64, "rms_norm_eps": 1e-5}
	tokenizerJSON := bytesVocabulary(t)
	open := func(tensors []coretest.STensor, shards int, o core.Options) *core.Model {
		fsys := coretest.ModelFolder(t, config, shards, tensors...)
		fsys["tokenizer.json"] = &fstest.MapFile{Data: tokenizerJSON}
		return openFolder(t, fsys, o)
	}
	ids := []int32{1, 2, 3, 200, 255, 7}
	a, b := open(half, 3, core.Options{}), open(full, 1, core.Options{})
	assert.Equal(t, map[string]int{"BF16": 8, "F32": 3}, a.Info().Types)
	got, err := a.AllLogits(context.Background(), ids)
	require.NoError(t, err)
	want, err := b.AllLogits(context.Background(), ids)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	small := open(half, 2, core.Options{Quantize: "q4_0"})
	assert.Equal(t, map[string]int{"Q4_0": 8, "F32": 3}, small.Info().Types)
}

// bytesVocabulary is a tokenizer.json of the 256 bytes.
func bytesVocabulary(t *testing.T) []byte {
	vocab := map[string]int{}
	next := 256
	for b := range 256 {
		r := b
		if b < '!' || b > '~' && b < 0xA1 || b == 0xAD {
			r, next = next, next+1
		}
		vocab[string(rune(r))] = b
	}
	out, err := json.Marshal(map[string]any{
		"added_tokens": []any{}, "normalizer": nil, "post_processor": nil,
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
		"decoder":       map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": []string{}},
	})
	require.NoError(t, err)
	return out
}

func TestBrokenFolders(t *testing.T) {
	ctx := context.Background()
	_, err := core.OpenSource(ctx, core.Folder{FS: fstest.MapFS{"readme.md": {}}}, core.Options{})
	require.Equal(t, "bad_file", core.Code(err))
	assert.ErrorContains(t, err, "no model that is known")

	lost := errors.New("network lost")
	_, err = core.OpenSource(ctx, core.Folder{FS: failingFS{lost}}, core.Options{})
	require.ErrorIs(t, err, lost)
	assert.Equal(t, "io", core.Code(err))

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = core.OpenSource(ended, core.Folder{FS: folderFS(t, "TinyStories-656K")}, core.Options{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, "aborted", core.Code(err))
}

// failingFS has a config.json that can't be read.
type failingFS struct{ err error }

func (f failingFS) Open(name string) (fs.File, error) {
	file, err := fstest.MapFS{"config.json": {Data: []byte("{}")}}.Open(name)
	if err != nil {
		return nil, err
	}
	return failingFile{file, f.err}, nil
}

type failingFile struct {
	fs.File
	err error
}

func (f failingFile) ReadAt([]byte, int64) (int, error) { return 0, f.err }

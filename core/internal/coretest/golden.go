// Package coretest finds the reference data that tests compare with.
package coretest

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Fixture is a golden model: a tiny GGUF file and what a correct decoder
// computes from it. Its format is in FORMAT.md beside the fixtures.
type Fixture struct {
	Name      string
	ModelPath string

	Arch    string  `json:"arch"`
	Mode    string  `json:"mode"`
	Prompt  []int32 `json:"prompt"`
	Greedy  []int32 `json:"greedy"`
	TextHex string  `json:"greedy_text_hex"`
	Steps   []Step  `json:"steps"`
	AttnQ   []int   `json:"attn_q"`

	// Of an encoder and decoder.
	DecoderPrompt []int32 `json:"decoder_prompt"`
	EncAttnQ      []int   `json:"enc_attn_q"`

	NCtx      int             `json:"n_ctx"`
	Tokenizer []TokenizerCase `json:"tokenizer"`
	Kind      struct {
		Model, Pre string
	} `json:"tokenizer_kind"`
	Tolerance struct {
		LogitsAbs    float64 `json:"logits_abs"`
		AttnAbs      float64 `json:"attn_abs"`
		LOutAbs      float64 `json:"l_out_abs"`
		GreedyMargin float64 `json:"greedy_margin"`
		VsStock      float64 `json:"vs_stock_max_abs"`
	} `json:"tolerance"`
	Stock struct {
		VsReference float64 `json:"vs_reference_max_abs"`
	} `json:"stock"`
	Sections []section `json:"sections"`

	data []byte
}

// Step is a token of the greedy continuation and its lead over the next best.
type Step struct {
	ID     int32   `json:"id"`
	Margin float64 `json:"margin"`
}

// TokenizerCase is a text and its ids, with special tokens and plain.
type TokenizerCase struct {
	Text     string  `json:"text"`
	IDs      []int32 `json:"ids"`
	Plain    []int32 `json:"ids_plain"`
	DetokHex string  `json:"detok_hex"`
}

// Detok returns the text of the plain ids, as bytes.
func (c *TokenizerCase) Detok(t testing.TB) string { return unhex(t, c.DetokHex) }

type section struct {
	Name   string `json:"name"`
	Shape  []int  `json:"shape"`
	Offset int    `json:"offset"`
	Bytes  int    `json:"bytes"`
}

// Shared returns a path in the folder of shared reference data, which lies
// beside the repository unless GANDER_SHARED names it. It skips the test if
// the path is not there.
func Shared(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("GANDER_SHARED")
	if root == "" {
		dir, err := os.Getwd()
		require.NoError(t, err)
		for ; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
				break
			}
		}
		root = filepath.Join(filepath.Dir(dir), "shared")
	}
	p := filepath.Join(append([]string{root}, path...)...)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("reference data %s is not there", filepath.Join(path...))
	}
	return p
}

// Golden reads a fixture, or skips the test if it is not there.
func Golden(t testing.TB, name string) *Fixture {
	t.Helper()
	dir := Shared(t, "golden", name)
	b, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	require.NoError(t, err)
	f := &Fixture{Name: name, ModelPath: filepath.Join(dir, "model.gguf")}
	require.NoError(t, json.Unmarshal(b, f))
	f.data, err = os.ReadFile(filepath.Join(dir, "expected.bin"))
	require.NoError(t, err)
	return f
}

// GoldenNames returns the names of all fixtures, or skips the test.
func GoldenNames(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(Shared(t, "golden"), "*", "expected.json"))
	require.NoError(t, err)
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(filepath.Dir(p))
	}
	return names
}

// Section returns the shape and values of a part of expected.bin; ok is false if
// the fixture doesn't have it.
func (f *Fixture) Section(name string) (shape []int, values []float32, ok bool) {
	for _, s := range f.Sections {
		if s.Name != name {
			continue
		}
		values = make([]float32, s.Bytes/4)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(f.data[s.Offset+4*i:]))
		}
		return s.Shape, values, true
	}
	return nil, nil, false
}

// GreedyText returns the text of the greedy continuation, as bytes.
func (f *Fixture) GreedyText(t testing.TB) string { return unhex(t, f.TextHex) }

func unhex(t testing.TB, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return string(b)
}

package core_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

// TestEmbedGolden holds the pooled embeddings of every encoder to those of the reference;
// they have the same bits with any number of workers. Its tokenizer has the reference's
// tokens.
func TestEmbedGolden(t *testing.T) {
	for _, name := range coretest.GoldenNames(t) {
		f := coretest.Golden(t, name)
		if !slices.Contains(arch.Names(), f.Arch) || f.Mode != "encoder" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(f.ModelPath)
			require.NoError(t, err)
			first := map[string][]float32{}
			for workers := 1; workers <= 4; workers++ {
				m := openWorkers(t, data, workers, core.Options{})
				assert.True(t, m.Info().Encoder)
				assert.Equal(t, "mean", m.Info().Pooling)
				for pooling, section := range map[string]string{"": "embd_mean", "mean": "embd_mean", "cls": "embd_cls", "last": "embd"} {
					got, err := m.Embed(context.Background(), f.Prompt, core.EmbedOptions{Pooling: pooling})
					require.NoError(t, err)
					_, want, ok := f.Section(section)
					require.True(t, ok)
					assert.InDeltaSlice(t, want[len(want)-len(got):], got, f.Tolerance.LogitsAbs, pooling)
					if workers == 1 {
						first[pooling] = got
					}
					assert.Equal(t, first[pooling], got, "%s, %d workers", pooling, workers)
				}
				for _, c := range f.Tokenizer {
					got, err := m.Tokenize(c.Text, true)
					require.NoError(t, err)
					assert.Equal(t, c.IDs, got, c.Text)
				}
			}
		})
	}
}

// TestEncodersPositions: learned positions end, rotations and distances don't.
func TestEncodersPositions(t *testing.T) {
	for name, limited := range map[string]bool{"bert": true, "roberta_bpe": true, "nomic_bert": false, "jina_bert_v2": false, "modern_bert": false, "gemma_embedding": false} {
		f := coretest.Golden(t, name)
		b, err := os.ReadFile(f.ModelPath)
		require.NoError(t, err)
		m := openWorkers(t, b, 1, core.Options{})
		_, err = core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{ContextLength: m.Info().TrainContextLength + 1})
		if !limited {
			require.NoError(t, err, name)
			continue
		}
		var option *errs.OptionError
		require.ErrorAs(t, err, &option, name)
		all := make([]int32, m.Info().TrainContextLength)
		_, err = m.Embed(context.Background(), all, core.EmbedOptions{})
		require.NoError(t, err, name)
		var full *core.ContextFullError
		_, err = m.Embed(context.Background(), append(all, 1), core.EmbedOptions{})
		require.ErrorAs(t, err, &full, name)
	}
}

// TestEncoderWritesNothing: an encoder is refused where text or logits are asked for.
func TestEncoderWritesNothing(t *testing.T) {
	f := coretest.Golden(t, "gemma_embedding")
	m := open(t, f.ModelPath, core.Options{ContextLength: 20})
	var unsupported *errs.UnsupportedError
	_, err := m.NewSession()
	require.ErrorAs(t, err, &unsupported)
	_, err = m.Logits(context.Background(), f.Prompt)
	require.ErrorAs(t, err, &unsupported)
	assert.ErrorContains(t, err, "encoder")
	var full *core.ContextFullError
	_, err = m.Embed(context.Background(), f.Prompt, core.EmbedOptions{})
	require.ErrorAs(t, err, &full)
}

// TestDenseBehindPooling: EmbeddingGemma may have two matrices behind the pooling.
func TestDenseBehindPooling(t *testing.T) {
	f := coretest.Golden(t, "gemma_embedding")
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	pooled, err := openWorkers(t, data, 1, core.Options{}).Embed(context.Background(), f.Prompt, core.EmbedOptions{})
	require.NoError(t, err)

	e := coretest.Edit(t, data)
	const width = 37
	matrix := func(rows, cols int) (values []float32) {
		for i := range rows * cols {
			values = append(values, float32(math.Sin(float64(i*i%1009))))
		}
		raw := make([]byte, 4*len(values))
		quant.F32.Quantize(raw, values)
		e.Tensors[map[int]string{width: "dense_2.weight", len(pooled): "dense_3.weight"}[rows]] = coretest.EditedTensor{Shape: []int64{int64(cols), int64(rows)}, Type: quant.F32, Raw: raw}
		return values
	}
	times := func(m []float32, x []float64) (y []float64) {
		for ; len(m) > 0; m = m[len(x):] {
			sum := 0.0
			for i := range x {
				sum += float64(m[i]) * x[i]
			}
			y = append(y, sum)
		}
		return y
	}
	up, down := matrix(width, len(pooled)), matrix(len(pooled), width)
	var x []float64
	for _, v := range pooled {
		x = append(x, float64(v))
	}
	want := times(down, times(up, x))
	for workers := 1; workers <= 3; workers++ {
		got, err := openWorkers(t, e.Bytes(t), workers, core.Options{}).Embed(context.Background(), f.Prompt, core.EmbedOptions{})
		require.NoError(t, err)
		assert.InDeltaSlice(t, want, got, 1e-3)
	}
	normal, err := openWorkers(t, e.Bytes(t), 1, core.Options{}).Embed(context.Background(), f.Prompt, core.EmbedOptions{Normalize: true})
	require.NoError(t, err)
	length := 0.0
	for _, v := range normal {
		length += float64(v) * float64(v)
	}
	assert.InDelta(t, 1, length, 1e-6)

	e.Tensors["dense_3.weight"] = e.Tensors["dense_2.weight"]
	broken := e.Bytes(t)
	_, err = core.Open(context.Background(), bytes.NewReader(broken), int64(len(broken)), core.Options{})
	assert.ErrorContains(t, err, "dense_3.weight")
}

// TestEmbedOfDecoder: the last token's embedding gives the logits, times the output
// matrix; so it is the hidden state that the logits come from. Long texts go through
// in parts, and an embedding leaves sessions alone.
func TestEmbedOfDecoder(t *testing.T) {
	tiny := coretest.NewTiny()
	data := tiny.Bytes(t)
	table := coretest.Edit(t, data).Tensors["token_embd.weight"].Values()
	m := openWorkers(t, data, 2, core.Options{})
	for _, n := range []int{1, 5, 300} {
		ids := make([]int32, n)
		for i := range ids {
			ids[i] = int32(3 + i*7%200)
		}
		last, err := m.Embed(context.Background(), ids, core.EmbedOptions{Pooling: "last"})
		require.NoError(t, err)
		logits, err := m.Logits(context.Background(), ids)
		require.NoError(t, err)
		for id, want := range logits {
			sum := 0.0
			for i, x := range last {
				sum += float64(x) * float64(table[id*len(last)+i])
			}
			require.InDelta(t, want, sum, 0.02) // activations of 12 bits
		}

		// The mean is that of the last ones of all beginnings.
		if n == 5 {
			mean := make([]float64, len(last))
			for k := 1; k <= n; k++ {
				x, err := m.Embed(context.Background(), ids[:k], core.EmbedOptions{Pooling: "last"})
				require.NoError(t, err)
				for i := range x {
					mean[i] += float64(x[i]) / float64(n)
				}
			}
			got, err := m.Embed(context.Background(), ids, core.EmbedOptions{})
			require.NoError(t, err)
			for i := range got {
				require.InDelta(t, mean[i], got[i], 1e-6)
			}
			normal, err := m.Embed(context.Background(), ids, core.EmbedOptions{Normalize: true})
			require.NoError(t, err)
			length, dot := 0.0, 0.0
			for i := range got {
				length, dot = length+float64(normal[i])*float64(normal[i]), dot+float64(normal[i])*float64(got[i])
			}
			assert.InDelta(t, 1, length, 1e-6)
			squares := 0.0
			for _, x := range mean {
				squares += x * x
			}
			assert.InDelta(t, math.Sqrt(squares), dot, 1e-5, "the direction is the same")
		}
	}
	var option *errs.OptionError
	_, err := m.Embed(context.Background(), []int32{5}, core.EmbedOptions{Pooling: "max"})
	require.ErrorAs(t, err, &option)
	_, err = m.Embed(context.Background(), nil, core.EmbedOptions{})
	require.ErrorAs(t, err, &option)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = m.Embed(ctx, []int32{5}, core.EmbedOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

// TestPoolingOfFile: the file says how its tokens are pooled; a kind that there is not
// is refused, unless another is asked for. A decoder's file that wants attention to
// later positions is refused.
func TestPoolingOfFile(t *testing.T) {
	tiny := coretest.NewTiny()
	for n, want := range map[uint32]string{0: "mean", 1: "mean", 2: "cls", 3: "last", 4: ""} {
		tiny.Keys["llama.pooling_type"] = n
		m := openWorkers(t, tiny.Bytes(t), 1, core.Options{})
		assert.Equal(t, want, m.Info().Pooling)
		_, err := m.Embed(context.Background(), []int32{5, 6}, core.EmbedOptions{})
		if want == "" {
			var unsupported *errs.UnsupportedError
			require.ErrorAs(t, err, &unsupported)
			_, err = m.Embed(context.Background(), []int32{5, 6}, core.EmbedOptions{Pooling: "cls"})
		}
		require.NoError(t, err)
	}
	tiny.Keys["llama.attention.causal"] = false
	data := tiny.Bytes(t)
	_, err := core.OpenParts(context.Background(), []core.Part{{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}}, core.Options{})
	var unsupported *errs.UnsupportedError
	require.ErrorAs(t, err, &unsupported)
	assert.ErrorContains(t, err, "attention.causal")
}

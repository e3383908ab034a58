package arch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// TestGolden holds every architecture to what a reference computes from each golden
// model: logits of the prompt and along the greedy path, the attention weights of
// every layer, and the residual stream behind it. Tokens alone have the bits of a
// batch. TestEveryArchitectureHasGolden says that none is left out.
func TestGolden(t *testing.T) {
	for _, name := range coretest.GoldenNames(t) {
		f := coretest.Golden(t, name)
		if !slices.Contains(arch.Names(), f.Arch) {
			continue
		}
		if f.Mode == "encoder" {
			t.Run(name, func(t *testing.T) { testEncoder(t, &golden{Fixture: f}) })
			continue
		}
		require.Equal(t, "decoder", f.Mode)
		t.Run(name, func(t *testing.T) {
			g := &golden{Fixture: f}
			g.load(t)
			whole := g.run(t, f.Prompt, len(f.Prompt))
			g.compare(t, "logits", whole.logits, g.logitsTolerance())
			for i := range g.config.NumLayers {
				g.compare(t, fmt.Sprintf("attn.%d", i), whole.weights[i], g.tolerance(f.Tolerance.AttnAbs))
				g.compare(t, fmt.Sprintf("l_out.%d", i), whole.residual[i], g.tolerance(f.Tolerance.LOutAbs))
			}
			for _, n := range []int{1, 7} {
				parts := g.run(t, f.Prompt, n)
				require.Equal(t, whole.logits, parts.logits, "%d tokens at a time", n)
				require.Equal(t, whole.weights, parts.weights, "%d tokens at a time", n)
			}
			g.greedy(t)
			t.Logf("largest error / allowed: logits %s, attention %s, residual stream %s", g.worst["logits"], g.worst["attn"], g.worst["l_out"])
		})
	}
}

// testEncoder compares the hidden states of an encoder, its attention weights and its
// residual streams, of the whole prompt as one batch.
func testEncoder(t *testing.T, g *golden) {
	g.load(t)
	require.True(t, g.config.Encoder)
	whole := g.run(t, g.Prompt, len(g.Prompt))
	g.compare(t, "embd", whole.hidden, g.logitsTolerance())
	for i := range g.config.NumLayers {
		g.compare(t, fmt.Sprintf("attn.%d", i), whole.weights[i], g.tolerance(g.Tolerance.AttnAbs))
		if _, _, ok := g.Section("l_out.0"); ok { // not of BERT and its descendants
			g.compare(t, fmt.Sprintf("l_out.%d", i), whole.residual[i], g.tolerance(g.Tolerance.LOutAbs))
		}
	}
	t.Logf("largest error / allowed: embeddings %s, attention %s, residual stream %s", g.worst["embd"], g.worst["attn"], g.worst["l_out"])
}

// golden is a model under test.
type golden struct {
	*coretest.Fixture
	decoder arch.Decoder
	config  *arch.Config
	context nn.Context
	worst   map[string]errorOf
}

// errorOf is the largest difference that was seen, and the bound.
type errorOf struct{ seen, allowed float64 }

func (e errorOf) String() string { return fmt.Sprintf("%.1e / %.1e", e.seen, e.allowed) }

func (g *golden) load(t *testing.T) {
	data, err := os.ReadFile(g.ModelPath)
	require.NoError(t, err)
	d, c, binder, err := arch.New(read(t, data), shard.Solo)
	var unsupported *errs.UnsupportedError
	if errors.As(err, &unsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.NoError(t, binder.Load(context.Background(), nil))
	g.decoder, g.config, g.worst = d, c, map[string]errorOf{}
}

// tolerance is the fixture's where activations stay float32. Quantised ones of 12
// bits are as near as float16, for which FORMAT.md allows 20 times as much.
func (g *golden) tolerance(exact float64) float64 {
	if strings.HasPrefix(g.Name, "q_") {
		return 20 * exact
	}
	return exact
}

// logitsTolerance is a quarter of stock llama.cpp's error for quantised models.
func (g *golden) logitsTolerance() float64 {
	if strings.HasPrefix(g.Name, "q_") {
		return g.Tolerance.VsStock / 4
	}
	return g.Tolerance.LogitsAbs
}

// results is what comes of a run: logits or hidden states of all tokens, weights of the fixture's
// queries [heads, queries, keys] by layer, and the last token's residual stream.
type results struct {
	logits, hidden    []float32
	weights, residual map[int][]float32
}

// run computes ids in an empty cache, some tokens at a time.
func (g *golden) run(t *testing.T, ids []int32, step int) results {
	r := results{weights: map[int][]float32{}, residual: map[int][]float32{}}
	cache := g.config.NewCache(kvcache.F32, g.NCtx)
	queries := map[int]int{}
	for i, q := range g.AttnQ {
		queries[q] = i
	}
	for at := 0; at < len(ids); at += step {
		part := ids[at:min(at+step, len(ids))]
		b := &arch.Batch{IDs: part, Cache: cache, Context: &g.context}
		if g.config.Encoder {
			b.Hidden = make([]float32, len(part)*g.config.HiddenSize)
		} else {
			b.Logits = make([]float32, len(part)*g.config.VocabSize)
		}
		b.Observe = func(layer int) attention.Observer {
			if r.weights[layer] == nil {
				r.weights[layer] = make([]float32, g.config.NumHeads*len(queries)*len(ids))
			}
			return func(head, position int, weights []float32) {
				if !g.config.Encoder {
					require.Len(t, weights, position+1)
				}
				if i, ok := queries[position]; ok {
					copy(r.weights[layer][(head*len(queries)+i)*len(ids):], weights)
				}
			}
		}
		b.Residual = func(layer int, x []float32) {
			require.Len(t, x, len(part)*g.config.HiddenSize)
			r.residual[layer] = append([]float32(nil), x[len(x)-g.config.HiddenSize:]...)
		}
		g.decoder.Forward(b)
		r.logits, r.hidden = append(r.logits, b.Logits...), append(r.hidden, b.Hidden...)
	}
	require.Equal(t, len(ids), cache.Len())
	return r
}

// compare compares with a section; one that neither has is fine.
func (g *golden) compare(t *testing.T, section string, got []float32, allowed float64) {
	t.Helper()
	_, want, ok := g.Section(section)
	require.Equal(t, ok, got != nil, "section %s", section)
	g.near(t, section, want, got, allowed)
}

func (g *golden) near(t *testing.T, section string, want, got []float32, allowed float64) {
	t.Helper()
	require.Len(t, got, len(want), section)
	worst, finite := 0.0, true
	for i := range want {
		d := math.Abs(float64(want[i]) - float64(got[i]))
		worst, finite = max(worst, d), finite && !math.IsNaN(d)
	}
	require.True(t, finite, "%s has NaN", section)
	assert.LessOrEqual(t, worst, allowed, section)
	kind, _, _ := strings.Cut(section, ".")
	g.worst[kind] = errorOf{max(worst, g.worst[kind].seen), allowed}
}

// greedy follows the greedy path, comparing all its logits, and the tokens as long
// as their lead is more than the tolerance.
func (g *golden) greedy(t *testing.T) {
	shape, want, ok := g.Section("gen_logits")
	require.True(t, ok)
	ids, sure := append([]int32(nil), g.Prompt...), true
	ids = append(ids, g.Greedy[:len(g.Greedy)-1]...)
	rows := g.run(t, ids, len(ids)).logits
	for i, id := range g.Greedy {
		at := (len(g.Prompt) - 1 + i) * g.config.VocabSize
		row := rows[at : at+g.config.VocabSize]
		g.near(t, "logits", want[i*shape[1]:(i+1)*shape[1]], row, g.logitsTolerance())
		if sure = sure && g.Steps[i].Margin >= max(g.Tolerance.GreedyMargin, 2*g.logitsTolerance()); sure {
			require.Equal(t, int(id), kernel.Argmax(row), "token %d", i)
		}
	}
}

// TestResidualOfAPrompt: without logits the last layer's stream ends
// with its attention.
func TestResidualOfAPrompt(t *testing.T) {
	g := &golden{Fixture: coretest.Golden(t, "llama_untied")}
	g.load(t)
	var rows []int
	g.decoder.Forward(&arch.Batch{
		IDs: g.Prompt, Cache: g.config.NewCache(kvcache.F32, g.NCtx), Context: &g.context,
		Residual: func(_ int, x []float32) { rows = append(rows, len(x)/g.config.HiddenSize) },
	})
	want := make([]int, g.config.NumLayers)
	for i := range want[1:] {
		want[i] = len(g.Prompt)
	}
	assert.Equal(t, want, rows)
}

package core_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// everything asks for all that a trace can report.
func everything(o core.GenerateOptions) core.GenerateOptions {
	o.Attention = &core.AttentionOptions{Prompt: true, Norms: true}
	o.Lens, o.Residual, o.Attribution = &core.LensOptions{}, &core.ResidualOptions{}, true
	return o
}

// traced runs a prompt in a session of its own.
func traced(t *testing.T, m *core.Model, prompt []int32, o core.GenerateOptions) []core.Token {
	t.Helper()
	s, err := m.NewSession()
	require.NoError(t, err)
	return collect(t, s, prompt, o)
}

// row returns the weights of a query by the numbers of layer and head, which are all traced.
func row(a *core.Attention, layer, head, query int) []float32 {
	at := ((layer*len(a.Heads)+head)*a.Queries + query) * a.Keys
	return a.Weights[at : at+a.Keys]
}

// TestTraceGolden: of every golden decoder, with one worker to three, the weights of
// all layers and heads and the residual stream are those of the reference, the parts
// sum to the logit, and the lens behind the last layer gives the model's probabilities.
func TestTraceGolden(t *testing.T) {
	for _, f := range supported(t) {
		t.Run(f.Name, func(t *testing.T) {
			loose := 1.0
			if strings.HasPrefix(f.Name, "q_") {
				loose = 20 // FORMAT.md
			}
			data, err := os.ReadFile(f.ModelPath)
			require.NoError(t, err)
			o := everything(greedy(4))
			o.Logprobs = 3
			for _, kvType := range []string{"f32", "int8"} {
				var want []core.Token
				for workers := 1; workers <= 3; workers++ {
					m := openWorkers(t, data, workers, core.Options{ContextLength: f.NCtx, KVType: kvType})
					got := traced(t, m, f.Prompt, o)
					if workers > 1 {
						require.Equal(t, want, got, "%d workers", workers)
						continue
					}
					want = got
					if kvType == "f32" {
						compareTrace(t, f, got[0], loose)
					}
					for _, tok := range got {
						checkTrace(t, m, tok)
					}
					plain := greedy(4)
					plain.Logprobs = 3
					for i, tok := range traced(t, m, f.Prompt, plain) {
						tok.Trace = got[i].Trace
						require.Equal(t, tok, got[i], "the trace changes nothing")
					}
				}
			}
		})
	}
}

// compareTrace compares the first token's trace with the fixture.
func compareTrace(t *testing.T, f *coretest.Fixture, tok core.Token, loose float64) {
	a := tok.Attention
	require.Equal(t, []int{0, len(f.Prompt), len(f.Prompt)}, []int{a.First, a.Queries, a.Keys})
	for i, layer := range a.Layers {
		_, want, ok := f.Section(fmt.Sprintf("attn.%d", layer))
		require.True(t, ok)
		var got []float32
		for h := range a.Heads {
			for _, q := range f.AttnQ {
				got = append(got, row(a, i, h, q)...)
			}
		}
		require.LessOrEqual(t, maxDiff(t, want, got), loose*f.Tolerance.AttnAbs, "layer %d", layer)
	}
	for i, layer := range tok.Residual.Layers {
		_, want, ok := f.Section(fmt.Sprintf("l_out.%d", layer))
		require.True(t, ok)
		require.LessOrEqual(t, maxDiff(t, want, tok.Residual.Values[i*tok.Residual.Size:][:tok.Residual.Size]), loose*f.Tolerance.LOutAbs, "layer %d", layer)
	}
}

// checkTrace compares what a token's trace says with each other, and with its probabilities.
func checkTrace(t *testing.T, m *core.Model, tok core.Token) {
	info, a := m.Info(), tok.Attention
	require.Equal(t, info.AttentionLayers, a.Layers)
	require.Len(t, a.Heads, info.NumHeads)
	require.Len(t, a.Weights, len(a.Layers)*info.NumHeads*a.Queries*a.Keys)
	require.Len(t, a.Norms, len(a.Layers)*info.NumHeads*a.Queries)
	for q := range a.Queries {
		for l := range a.Layers {
			for h := range a.Heads {
				sum := 0.0
				for p, w := range row(a, l, h, q) {
					require.True(t, w >= 0 && (p <= a.First+q || w == 0))
					sum += float64(w)
				}
				if info.Architecture == "gpt-oss" { // sinks take a part
					require.Less(t, sum, 1.0)
				} else {
					require.InDelta(t, 1, sum, 1e-5)
				}
			}
		}
	}
	require.Len(t, tok.Lens, info.NumLayers)
	for i, c := range tok.Lens[info.NumLayers-1].Top[:3] {
		require.Equal(t, tok.Top[i].ID, c.ID)
		require.InDelta(t, math.Exp(float64(tok.Top[i].Logprob)), c.Prob, 1e-6)
	}
	require.Len(t, tok.Attribution.MLP, info.NumLayers)
	require.Len(t, tok.Attribution.Values, len(a.Layers)*info.NumHeads)
	require.Equal(t, len(a.Layers) < info.NumLayers, tok.Attribution.Mixer != nil)
}

// TestTraceOfAStep: the row of each step is that of the same position in the trace of
// the whole text as a prompt; without Prompt only the last position is reported, and
// topK, layers and heads choose among the same numbers.
func TestTraceOfAStep(t *testing.T) {
	for _, name := range []string{"llama_untied", "gemma3", "gpt_oss", "lfm2", "qwen35", "gemma2"} {
		f := coretest.Golden(t, name)
		m := load(t, f)
		o := greedy(6)
		o.Attention = &core.AttentionOptions{Norms: true}
		steps := traced(t, m, f.Prompt, o)
		text := append(append([]int32(nil), f.Prompt...), idsOf(steps)...)
		o = everything(greedy(1))
		whole := traced(t, m, text, o)[0].Attention
		layers, heads := len(whole.Layers), len(whole.Heads)
		o.Attention, o.MaxTokens = &core.AttentionOptions{}, 6
		for i, tok := range traced(t, m, f.Prompt, o) { // without norms
			require.Equal(t, steps[i].Attention.Weights, tok.Attention.Weights)
			require.Equal(t, steps[i].Attention.Layers, tok.Attention.Layers)
			require.Equal(t, steps[i].Attention.First, tok.Attention.First)
		}
		o.MaxTokens = 1
		for i, tok := range steps {
			a := tok.Attention
			at := len(f.Prompt) - 1 + i
			require.Equal(t, []int{at, 1, at + 1}, []int{a.First, a.Queries, a.Keys})
			for l := range layers {
				for h := range heads {
					require.Equal(t, row(whole, l, h, at)[:at+1], row(a, l, h, 0), name)
					require.Equal(t, whole.Norms[(l*heads+h)*whole.Queries+at], a.Norms[l*heads+h])
				}
			}
		}
		last := whole.Layers[layers-1]
		o.Attention = &core.AttentionOptions{Prompt: true, TopK: 3, Norms: true, Layers: []int{last}, Heads: []int{heads - 1, 0}}
		top := traced(t, m, text, o)[0].Attention
		require.Equal(t, [][]int{{last}, {0, heads - 1}}, [][]int{top.Layers, top.Heads})
		for i, h := range top.Heads {
			for q := range top.Queries {
				values, at := row(whole, layers-1, h, q), (i*top.Queries+q)*3
				require.Equal(t, whole.Norms[((layers-1)*heads+h)*whole.Queries+q], top.Norms[i*top.Queries+q])
				seen := map[int32]bool{}
				for k, p := range top.Positions[at : at+3] {
					if p < 0 {
						require.Zero(t, top.Weights[at+k])
						continue
					}
					require.Equal(t, values[p], top.Weights[at+k])
					seen[p] = true
				}
				for p, w := range values {
					require.True(t, seen[int32(p)] || w <= top.Weights[at+2], "%s: weight %v of position %d is missing", name, w, p)
				}
			}
		}
	}
}

// TestTraceReuse: weights that were copied when their token came are those of a run that
// keeps them all, also of tokens that wait for a stop string; without that the memory is the same one.
func TestTraceReuse(t *testing.T) {
	f := coretest.Golden(t, "llama_untied")
	m := open(t, f.ModelPath, core.Options{ContextLength: f.NCtx})
	for _, a := range []core.AttentionOptions{{}, {Norms: true}, {Prompt: true}, {TopK: 2}} {
		for _, stop := range [][]string{nil, {"never written, but its beginning is", f.GreedyText(t)[:20] + "\x00"}} {
			o := greedy(len(f.Greedy))
			o.Stop = stop
			kept, copied := a, a
			o.Attention = &kept
			want := traced(t, m, f.Prompt, o)
			copied.Reuse = true
			o.Attention = &copied
			s, err := m.NewSession()
			require.NoError(t, err)
			i, places := 0, map[*float32]bool{}
			for tok, err := range s.Generate(context.Background(), f.Prompt, o) {
				require.NoError(t, err)
				require.True(t, reflect.DeepEqual(want[i].Attention, tok.Attention), "token %d", i)
				places[&tok.Attention.Weights[0]] = true
				i++
			}
			require.Equal(t, len(want), i)
			if stop == nil && a.TopK == 0 {
				require.Less(t, len(places), 5, "the memory is used again")
			}
		}
	}
}

// TestTraceGoesOnInASession: a session that goes on reports what a new one does, also
// when all of the text is to be traced, and also in several chunks.
func TestTraceGoesOnInASession(t *testing.T) {
	for _, workers := range []int{1, 2} {
		m := openWorkers(t, coretest.NewTiny().Bytes(t), workers, core.Options{})
		text := []int32{1}
		for i := range 300 {
			text = append(text, int32(3+i*7%256))
		}
		s, err := m.NewSession()
		require.NoError(t, err)
		first := collect(t, s, text[:140], greedy(3))
		text = append(append(append([]int32(nil), text[:140]...), idsOf(first)...), text[140:]...)
		o := everything(greedy(2))
		want := traced(t, m, text, o)
		require.Equal(t, want, collect(t, s, text[143:], o))
		require.Equal(t, len(text), want[0].Attention.Queries)
		o.Attention.Prompt = false
		s.Truncate(150)
		got := collect(t, s, text[150:], o)
		require.Equal(t, 1, got[0].Attention.Queries)
		for l := range 2 {
			for h := range 4 {
				require.Equal(t, row(want[0].Attention, l, h, len(text)-1), row(got[0].Attention, l, h, 0))
			}
		}
		require.Equal(t, want[1], got[1])
		require.Nil(t, collect(t, s, []int32{5}, greedy(1))[0].Attention)
	}
}

// TestTraceRejects: what can't be traced says why, before anything is computed.
func TestTraceRejects(t *testing.T) {
	m, most := tiny(t), 5
	attention := func(a core.AttentionOptions) core.TraceOptions { return core.TraceOptions{Attention: &a} }
	reject := func(m *core.Model, what string, o core.TraceOptions, speculate int) {
		t.Helper()
		s, err := m.NewSession()
		require.NoError(t, err)
		g := greedy(most)
		g.TraceOptions, g.Speculate = o, speculate
		for _, err := range s.Generate(context.Background(), []int32{1, 260, 261}, g) {
			var option *errs.OptionError
			require.ErrorAs(t, err, &option)
			assert.Contains(t, option.Error(), what)
			assert.Equal(t, "bad_option", core.Code(err))
		}
		assert.Zero(t, s.Len())
	}
	reject(m, "attention: names layer 2, but layers are numbered 0 to 1", attention(core.AttentionOptions{Layers: []int{0, 2}}), 0)
	reject(m, "attention: names layer -1", attention(core.AttentionOptions{Layers: []int{-1}}), 0)
	reject(m, "attention: names head 4, but heads are numbered 0 to 3", attention(core.AttentionOptions{Heads: []int{4}}), 0)
	reject(m, "attention: names head 1 twice", attention(core.AttentionOptions{Heads: []int{1, 1}}), 0)
	reject(m, "attention: lists no head", attention(core.AttentionOptions{Heads: []int{}}), 0)
	reject(m, "attention: topK is -1", attention(core.AttentionOptions{TopK: -1}), 0)
	reject(m, "attention: topK is 601, must be from 0 to 600", attention(core.AttentionOptions{TopK: 601}), 0)
	reject(m, "attention: maxBytes -1 is negative", attention(core.AttentionOptions{MaxBytes: -1}), 0)
	reject(m, "take up to 224 bytes, more than maxBytes, 223", attention(core.AttentionOptions{MaxBytes: 223}), 0) // 2 layers, 4 heads, 7 keys
	reject(m, "take up to 288 bytes, more than maxBytes, 287", attention(core.AttentionOptions{MaxBytes: 287, Prompt: true}), 0)
	reject(m, "take up to 160 bytes, more than maxBytes, 100", attention(core.AttentionOptions{MaxBytes: 100, TopK: 2, Norms: true}), 0)
	most = math.MaxInt
	reject(m, "take up to 19200 bytes, more than maxBytes, 300", attention(core.AttentionOptions{MaxBytes: 300}), 0)
	most = 5
	reject(m, "lens: names layer 2", core.TraceOptions{Lens: &core.LensOptions{Layers: []int{2}}}, 0)
	reject(m, "lens: topK is 1001", core.TraceOptions{Lens: &core.LensOptions{TopK: 1001}}, 0)
	reject(m, "residual: names layer 7", core.TraceOptions{Residual: &core.ResidualOptions{Layers: []int{7}}}, 0)
	reject(m, "ablate: names layer 2", core.TraceOptions{Ablate: []core.Ablation{{Layer: 2}}}, 0)
	reject(m, "ablate: names head 4, but heads are numbered 0 to 3", core.TraceOptions{Ablate: []core.Ablation{{Head: 4}}}, 0)
	reject(m, "ablate: names head 1 of layer 0 twice", core.TraceOptions{Ablate: []core.Ablation{{Head: 1}, {Layer: 1}, {Head: 1, Scale: 1}}}, 0)
	reject(m, "ablate: has the scale NaN", core.TraceOptions{Ablate: []core.Ablation{{Scale: math.NaN()}}}, 0)
	reject(m, "speculate: must be 0 with attention", attention(core.AttentionOptions{}), 4)
	reject(m, "speculate: must be 0 with attention", core.TraceOptions{Attribution: true}, 4)

	lfm2, qwen35 := load(t, coretest.Golden(t, "lfm2")), load(t, coretest.Golden(t, "qwen35"))
	assert.NotContains(t, lfm2.Info().AttentionLayers, 0)
	reject(lfm2, "attention: names layer 0, but in lfm2 the layers [0", attention(core.AttentionOptions{Layers: []int{0}}), 0)
	reject(qwen35, "attention: names layer 0, but in qwen35 the layers [0 2] have no attention", attention(core.AttentionOptions{Layers: []int{0}}), 0)
	reject(qwen35, "ablate: names layer 2, but in qwen35 the layers [0 2] have no attention", core.TraceOptions{Ablate: []core.Ablation{{Layer: 2}}}, 0)
}

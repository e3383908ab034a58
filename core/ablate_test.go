package core_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// logprobsOf returns all the probabilities that tokens were chosen from.
func logprobsOf(tokens []core.Token) (out [][]core.Candidate) {
	for _, tok := range tokens {
		out = append(out, tok.Top)
	}
	return out
}

// TestAblateALayerIsZeroing: without the heads of a layer the model is the one whose
// output matrix of that layer is zero, also where the prompt was computed before, with
// drafts, and with several workers.
func TestAblateALayerIsZeroing(t *testing.T) {
	f := coretest.Golden(t, "llama_untied")
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	file, err := gguf.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	tensor, ok := file.Tensor("blk.1.attn_output.weight")
	require.True(t, ok)
	weights := make([]byte, 4*tensor.Rows()*tensor.Cols())
	require.NoError(t, file.ReadTensor(tensor, weights, 0))
	at := bytes.Index(data, weights)
	require.Positive(t, at)
	zeroed := bytes.Clone(data)
	clear(zeroed[at : at+len(weights)])

	o := greedy(8)
	o.Logprobs = 20
	want := traced(t, openWorkers(t, zeroed, 1, core.Options{ContextLength: f.NCtx}), f.Prompt, o)
	m := load(t, f)
	plain := traced(t, m, f.Prompt, o)
	require.NotEqual(t, logprobsOf(want), logprobsOf(plain))
	off := o
	for h := range m.Info().NumHeads {
		off.Ablate = append(off.Ablate, core.Ablation{Layer: 1, Head: h})
	}
	for workers := 1; workers <= 3; workers++ {
		m := openWorkers(t, data, workers, core.Options{ContextLength: f.NCtx})
		require.Equal(t, logprobsOf(want), logprobsOf(traced(t, m, f.Prompt, off)), "%d workers", workers)
		s, err := m.NewSession()
		require.NoError(t, err)
		for range 2 { // the session computes its tokens again
			require.Equal(t, logprobsOf(plain), logprobsOf(collect(t, s, f.Prompt[s.Len():], o)))
			s.Truncate(len(f.Prompt) - 1)
			require.Equal(t, logprobsOf(want), logprobsOf(collect(t, s, f.Prompt[s.Len():], off)))
			s.Truncate(len(f.Prompt) - 1)
		}
		drafts := off
		drafts.Speculate = 8
		require.Equal(t, logprobsOf(want), logprobsOf(traced(t, m, f.Prompt, drafts)))
	}
}

// TestAblateScale: of every golden decoder, a scale of 1 leaves every bit, and one head
// switched off changes the model, and its norm to 0.
func TestAblateScale(t *testing.T) {
	for _, f := range supported(t) {
		t.Run(f.Name, func(t *testing.T) {
			m := load(t, f)
			o := greedy(3)
			o.Logprobs = 5
			plain := traced(t, m, f.Prompt, o)
			for _, layer := range m.Info().AttentionLayers {
				for h := range m.Info().NumHeads {
					o.Ablate = append(o.Ablate, core.Ablation{Layer: layer, Head: h, Scale: 1})
				}
			}
			require.Equal(t, plain, traced(t, m, f.Prompt, o))
			layer := m.Info().AttentionLayers[0]
			o.Ablate = []core.Ablation{{Layer: layer, Head: 1}}
			o.Attention = &core.AttentionOptions{Norms: true, Layers: []int{layer}}
			got := traced(t, m, f.Prompt, o)
			assert.NotEqual(t, logprobsOf(plain), logprobsOf(got))
			for h, norm := range got[0].Attention.Norms {
				assert.Equal(t, h == 1, norm == 0, "head %d", h)
			}
		})
	}
}

// TestAblateMany: more ablations than a message to the workers holds reach all of them.
func TestAblateMany(t *testing.T) {
	f := coretest.Golden(t, "llama_untied")
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	var want []core.Token
	for workers := 1; workers <= 3; workers++ {
		m := openWorkers(t, data, workers, core.Options{ContextLength: f.NCtx})
		o := greedy(4)
		o.Logprobs = 5
		for l := range m.Info().NumLayers {
			for h := range m.Info().NumHeads {
				o.Ablate = append(o.Ablate, core.Ablation{Layer: l, Head: h, Scale: 0.5 + float64(l)/4 + float64(h)/16})
			}
		}
		got := traced(t, m, f.Prompt, o)
		if workers == 1 {
			want = got
		}
		require.Equal(t, want, got)
	}
}

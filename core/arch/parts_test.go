package arch_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/kvcache"
)

// TestPartsSumToTheLogit: of every golden decoder, what embedding, heads, other
// mixers, networks and biases have in a logit sums to the logit that the reference
// computed, and the lens behind the last layer is the model's output, bit for bit.
func TestPartsSumToTheLogit(t *testing.T) {
	for _, name := range coretest.GoldenNames(t) {
		f := coretest.Golden(t, name)
		if !slices.Contains(arch.Names(), f.Arch) || f.Mode != "decoder" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			g := &golden{Fixture: f}
			g.load(t)
			c := g.config
			lens, parts := arch.NewLens(c, []int{0, c.NumLayers - 1}), &arch.Parts{}
			logits := make([]float32, c.VocabSize)
			g.decoder.Forward(&arch.Batch{IDs: f.Prompt, Cache: c.NewCache(kvcache.F32, g.NCtx), Context: &g.context, Logits: logits, Lens: lens, Parts: parts})
			require.Equal(t, logits, lens.Logits[c.VocabSize:])
			require.NotEqual(t, logits, lens.Logits[:c.VocabSize])
			shape, want, ok := f.Section("logits")
			require.True(t, ok)
			want = want[(shape[0]-1)*shape[1]:]
			worst := 0.0
			for id := range c.VocabSize {
				a := parts.Attribute(&g.context, int32(id))
				sum := float64(a.Embed) + float64(a.Bias)
				for l := range c.NumLayers {
					sum += float64(a.FFN[l]) + float64(a.Mixer[l])
					require.Equal(t, c.HasAttention(l), a.Heads[l] != nil)
					require.True(t, a.Heads[l] == nil || a.Mixer[l] == 0)
					for _, v := range a.Heads[l] {
						sum += float64(v)
					}
				}
				if limit := float64(c.LogitSoftCap); limit != 0 {
					sum = limit * math.Tanh(sum/limit)
				}
				worst = max(worst, math.Abs(sum-float64(want[id])))
			}
			allowed := 5e-5
			if strings.HasPrefix(name, "q_") { // the output's product rounds the norm to 12 bits
				allowed = 0.05
			}
			assert.LessOrEqual(t, worst, allowed)
		})
	}
}

// TestPartsOfHeads holds each head's part to its formula, from the tensors of the file:
// (W_U[t]·γ/rms) · W_O[head]·z, where z is what the head gave.
func TestPartsOfHeads(t *testing.T) {
	g := &golden{Fixture: coretest.Golden(t, "llama_untied")}
	g.load(t)
	data, err := os.ReadFile(g.ModelPath)
	require.NoError(t, err)
	file, c := read(t, data), g.config
	z, final, parts := map[int][]float32{}, []float32(nil), &arch.Parts{}
	g.decoder.Forward(&arch.Batch{
		IDs: g.Prompt, Cache: c.NewCache(kvcache.F32, g.NCtx), Context: &g.context, Logits: make([]float32, c.VocabSize), Parts: parts,
		Heads: func(layer, first int, x []float32) {
			require.Equal(t, 0, first)
			require.Len(t, x, len(g.Prompt)*c.NumHeads*c.HeadDim)
			z[layer] = append([]float32(nil), x[len(x)-c.NumHeads*c.HeadDim:]...)
		},
		Residual: func(_ int, x []float32) { final = append(final[:0], x[len(x)-c.HiddenSize:]...) },
	})
	square := 0.0
	for _, x := range final {
		square += float64(x) * float64(x)
	}
	rms := math.Sqrt(square/float64(c.HiddenSize) + float64(c.NormEps))
	gamma, unembed := values(t, file, "output_norm.weight"), values(t, file, "output.weight")
	for _, id := range []int{0, 17, c.VocabSize - 1} {
		a := parts.Attribute(&g.context, int32(id))
		for l := range c.NumLayers {
			out, width := values(t, file, fmt.Sprintf("blk.%d.attn_output.weight", l)), c.NumHeads*c.HeadDim
			for head := range c.NumHeads {
				want := 0.0
				for i := range c.HiddenSize {
					sum := 0.0
					for d := head * c.HeadDim; d < (head+1)*c.HeadDim; d++ {
						sum += float64(out[i*width+d]) * float64(z[l][d])
					}
					want += float64(unembed[id*c.HiddenSize+i]) * float64(gamma[i]) / rms * sum
				}
				assert.InDelta(t, want, a.Heads[l][head], 1e-5, "layer %d, head %d", l, head)
			}
		}
	}
}

// values returns the values of a tensor of float32.
func values(t *testing.T, f *gguf.File, name string) []float32 {
	tensor, ok := f.Tensor(name)
	require.True(t, ok, name)
	typ, err := tensor.Type()
	require.NoError(t, err)
	require.Equal(t, "F32", typ.Name)
	raw := make([]byte, 4*tensor.Rows()*tensor.Cols())
	require.NoError(t, f.ReadTensor(tensor, raw, 0))
	x := make([]float32, len(raw)/4)
	for i := range x {
		x[i] = math.Float32frombits(uint32(raw[4*i]) | uint32(raw[4*i+1])<<8 | uint32(raw[4*i+2])<<16 | uint32(raw[4*i+3])<<24)
	}
	return x
}

// Llama decoder: RMSNorm, rotary embedding of adjacent pairs, grouped-query
// attention, SwiGLU; with biases where the file has them. Mistral 3 adds a scale
// of the queries beyond the original context.
// Papers: LLaMA, arXiv:2302.13971; Llama 3, arXiv:2407.21783.
// Reference: transformers models/llama/modeling_llama.py; llama.cpp src/models/llama.cpp, mistral3.cpp.

package arch

import (
	"math"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() {
	register("llama", newLlama)
	register("mistral3", newLlama)
}

type llama struct {
	decoder
	rotary
	Blocks []llamaBlock `gguf:"blk"`
}

type llamaBlock struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	swiGLU
}

func newLlama(c *Config) (Decoder, error) {
	if c.NumExperts > 0 {
		return nil, &errs.UnsupportedError{What: "mixture of experts"}
	}
	return &llama{decoder: newDecoder(c), Blocks: make([]llamaBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *llama) Forward(b *Batch) {
	rope, first, c := m.rotary.at(m.c, b), b.Cache.Len(), m.c
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		for t := range b.IDs {
			q, k, _ := m.heads(qkv, t)
			rope.Rotate(q, c.HeadDim, t)
			rope.Rotate(k, c.HeadDim, t)
			if c.TemperatureScale != 0 {
				kernel.Scale(q, llamaTemperature(c, first+t))
			}
		}
		block.attend(b, &m.decoder, i, qkv, h)
		kernel.Add(x, h)

		x, h = m.keep(b, i, x), m.keep(b, i, h)
		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		kernel.Add(x, h)
	}
	m.finish(b, x)
}

// llamaTemperature is the scale of a query that Mistral 3 applies after the
// rotation: 1 + β ln(1 + ⌊position/original context⌋).
func llamaTemperature(c *Config, position int) float32 {
	return float32(1 + c.TemperatureScale*math.Log(float64(1+position/c.RoPE.OriginalContext)))
}

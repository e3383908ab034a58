// Llama decoder: RMSNorm, rotary embedding of adjacent pairs, grouped-query
// attention, SwiGLU; with biases where the file has them.
// Papers: LLaMA, arXiv:2302.13971; Llama 3, arXiv:2407.21783.
// Reference: transformers models/llama/modeling_llama.py; llama.cpp src/models/llama.cpp.

package arch

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("llama", newLlama) }

type llama struct {
	decoder
	rotary
	Blocks []llamaBlock `gguf:"blk"`
	Norm   nn.RMSNorm   `gguf:"output_norm" dim:"hidden"`

	queryScale func(position int) float32 // nil: none
}

type llamaBlock struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	gatedFFN
}

func newLlama(c *Config, k *keys) (Decoder, error) {
	if k.number("expert_count", 0) != 0 {
		return newMixtral(c, k)
	}
	return makeLlama(c)
}

// makeLlama is newLlama for the architectures that differ from it in constants.
func makeLlama(c *Config) (*llama, error) {
	return &llama{decoder: newDecoder(c), Blocks: make([]llamaBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *llama) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.rotate(&m.decoder, b, i, qkv)
		m.scaleQueries(b, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

// scaleQueries multiplies the queries of a batch.
func (m *llama) scaleQueries(b *Batch, qkv []float32) {
	if m.queryScale == nil {
		return
	}
	for t := range b.IDs {
		q, _, _ := m.heads(qkv, t)
		kernel.Scale(q, m.queryScale(b.Cache.Len()+t))
	}
}

// Qwen3 decoder: RMSNorm, grouped-query attention with an RMSNorm of each head of
// query and key before the rotation, rotary pairs half a head apart, SwiGLU.
// Paper: arXiv:2505.09388. Reference: transformers models/qwen3/modeling_qwen3.py; llama.cpp src/models/qwen3.cpp.

package arch

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("qwen3", newQwen3) }

type qwen3 struct {
	decoder
	rotary
	Blocks []qwen3Block `gguf:"blk"`
}

type qwen3Block struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	QNorm   nn.RMSNorm `gguf:"attn_q_norm" dim:"head"`
	KNorm   nn.RMSNorm `gguf:"attn_k_norm" dim:"head"`
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	swiGLU
}

func newQwen3(c *Config) (Decoder, error) {
	c.RoPE.NeoX = true
	return &qwen3{decoder: newDecoder(c), Blocks: make([]qwen3Block, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *qwen3) Forward(b *Batch) {
	rope := m.rotary.at(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		for t := range b.IDs {
			q, k, _ := m.heads(qkv, t)
			block.QNorm.Forward(q, q) // a row is a head
			block.KNorm.Forward(k, k)
			rope.Rotate(q, m.c.HeadDim, t)
			rope.Rotate(k, m.c.HeadDim, t)
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

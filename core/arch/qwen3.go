// Qwen3 decoder: RMSNorm, grouped-query attention with an RMSNorm of each head of
// query and key before the rotation, rotary pairs half a head apart, SwiGLU.
// Paper: arXiv:2505.09388. Reference: transformers models/qwen3/modeling_qwen3.py; llama.cpp src/models/qwen3.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("qwen3", newQwen3) }

type qwen3 struct {
	decoder
	rotary
	Blocks []qwen3Block `gguf:"blk"`
	Norm   nn.RMSNorm   `gguf:"output_norm" dim:"hidden"`
}

type qwen3Block struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	QNorm   nn.RMSNorm `gguf:"attn_q_norm" dim:"head"`
	KNorm   nn.RMSNorm `gguf:"attn_k_norm" dim:"head"`
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	gatedFFN
}

func newQwen3(c *Config, _ *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	return &qwen3{decoder: newDecoder(c), Blocks: make([]qwen3Block, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *qwen3) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.normHeads(b, qkv, &block.QNorm, &block.KNorm)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

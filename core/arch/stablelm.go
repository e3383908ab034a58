// StableLM decoder: LayerNorm, rotation of a part of each head, SwiGLU. StableLM 2 12B
// has a norm for each head of query and key, and without a norm of its own the
// feed-forward network runs beside the attention, behind the same one.
// Paper: arXiv:2402.17834. Reference: transformers models/stablelm/modeling_stablelm.py; llama.cpp src/models/stablelm.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("stablelm", newStableLM) }

type stablelm struct {
	decoder
	rotary
	Blocks []stablelmBlock `gguf:"blk"`
	Norm   nn.LayerNorm    `gguf:"output_norm" dim:"hidden"`
}

type stablelmBlock struct {
	AttnNorm nn.LayerNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	QNorm   nn.LayerNorm `gguf:"attn_q_norm,optional" dim:"heads,head"`
	KNorm   nn.LayerNorm `gguf:"attn_k_norm,optional" dim:"kvheads,head"`
	FFNNorm nn.LayerNorm `gguf:"ffn_norm,optional" dim:"hidden"`
	gatedFFN
}

func newStableLM(c *Config, _ *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	return &stablelm{decoder: newDecoder(c), Blocks: make([]stablelmBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h and a what the
// halves of a block add to it.
func (m *stablelm) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	a := m.branch(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.normHeads(b, qkv, &block.QNorm, &block.KNorm)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, a)
		x, _ = m.addAttention(b, i, x, a)
		h = m.keep(b, i, h)
		if block.FFNNorm.Present() {
			block.FFNNorm.Forward(h, x)
		}
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

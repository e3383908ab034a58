// OLMo 2 decoder, also OLMo 3's: no norm before the halves of a block but one behind
// each; RMSNorm of query and key over all heads together. OLMo 3 has windows in all
// layers but every fourth, and scales the rotation to long contexts in those only.
// Paper: arXiv:2501.00656. Reference: transformers models/olmo2/modeling_olmo2.py; llama.cpp src/models/olmo2.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("olmo2", newOLMo2) }

type olmo2 struct {
	decoder
	rotary
	Blocks []olmo2Block `gguf:"blk"`
	Norm   nn.RMSNorm   `gguf:"output_norm" dim:"hidden"`
}

type olmo2Block struct {
	wideAttention
	QNorm        nn.RMSNorm `gguf:"attn_q_norm" dim:"all q"`
	KNorm        nn.RMSNorm `gguf:"attn_k_norm" dim:"all kv"`
	AttnPostNorm nn.RMSNorm `gguf:"post_attention_norm" dim:"hidden"`
	gatedFFN
	FFNPostNorm nn.RMSNorm `gguf:"post_ffw_norm" dim:"hidden"`
}

func newOLMo2(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	k.windows(c, 0, everyBut(4))
	local := unscaled(c.RoPE)
	for i := range c.Layers {
		if c.Layers[i].Window > 0 {
			c.Layers[i].RoPE = local
		}
	}
	return &olmo2{decoder: newDecoder(c), Blocks: make([]olmo2Block, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *olmo2) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		qkv := block.project(b, &m.decoder, x, &block.QNorm, &block.KNorm)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addNormed(b, i, x, h, &block.AttnPostNorm)

		copy(h, x)
		block.feedForward(b.Context, m.c, h)
		block.FFNPostNorm.Forward(h, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

// Mixtral decoder: that of Llama, whose name its files have, with a mixture of experts
// for the feed-forward network.
// Paper: arXiv:2401.04088. Reference: transformers models/mixtral/modeling_mixtral.py; llama.cpp src/models/llama.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

type mixtral struct {
	decoder
	rotary
	Blocks []mixtralBlock `gguf:"blk"`
	Norm   nn.RMSNorm     `gguf:"output_norm" dim:"hidden"`

	routing routing
}

type mixtralBlock struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	mixture
}

func newMixtral(c *Config, k *keys) (Decoder, error) {
	k.mixture(c, c.FFNSize)
	return &mixtral{decoder: newDecoder(c), Blocks: make([]mixtralBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *mixtral) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, &m.routing, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

// Falcon decoder: LayerNorm, attention and a network with GELU side by side. They
// share a norm in the 7B model; in the 40B model attention has its own.
// Paper: arXiv:2311.16867. Reference: transformers models/falcon/modeling_falcon.py; llama.cpp src/models/falcon.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("falcon", newFalcon) }

type falcon struct {
	decoder
	rotary
	Blocks []falconBlock `gguf:"blk"`
	Norm   nn.LayerNorm  `gguf:"output_norm" dim:"hidden"`
}

type falconBlock struct {
	Norm     nn.LayerNorm `gguf:"attn_norm" dim:"hidden"`
	AttnNorm nn.LayerNorm `gguf:"attn_norm_2,optional" dim:"hidden"`
	selfAttention
	geluFFN
}

func newFalcon(c *Config, _ *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	return &falcon{decoder: newDecoder(c), Blocks: make([]falconBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h and a what the
// halves of a block add to it.
func (m *falcon) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	a := m.branch(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.Norm.Forward(h, x)
		input := h
		if block.AttnNorm.Present() {
			input = a
			block.AttnNorm.Forward(a, x)
		}
		qkv := block.project(b, input)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, a)
		x, _ = m.addAttention(b, i, x, a)
		h = m.keep(b, i, h)
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

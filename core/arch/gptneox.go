// GPT-NeoX decoder, also Pythia's: LayerNorm, rotation of a part of each head, GELU,
// biases. Attention and feed-forward network run side by side, each behind a norm of
// its own of the block's input, or one after the other.
// Paper: Black et al., "GPT-NeoX-20B", arXiv:2204.06745, §2.1.
// Reference: transformers models/gpt_neox/modeling_gpt_neox.py; llama.cpp src/models/gptneox.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("gptneox", newGPTNeoX) }

type gptneox struct {
	decoder
	rotary
	Blocks []gptneoxBlock `gguf:"blk"`
	Norm   nn.LayerNorm   `gguf:"output_norm" dim:"hidden"`

	parallel bool
}

type gptneoxBlock struct {
	AttnNorm nn.LayerNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	FFNNorm nn.LayerNorm `gguf:"ffn_norm" dim:"hidden"`
	geluFFN
}

func newGPTNeoX(c *Config, k *keys) (Decoder, error) {
	return makeGPTNeoX(c, k.flag("use_parallel_residual", true))
}

func makeGPTNeoX(c *Config, parallel bool) (Decoder, error) {
	c.RoPE.NeoX = true
	return &gptneox{decoder: newDecoder(c), Blocks: make([]gptneoxBlock, c.NumLayers), parallel: parallel}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h and a what the
// halves of a block add to it.
func (m *gptneox) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	a := m.branch(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(a, x)
		qkv := block.project(b, a)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, a)
		if m.parallel {
			block.FFNNorm.Forward(h, x)
		}
		x, _ = m.addAttention(b, i, x, a)
		h = m.keep(b, i, h)
		if !m.parallel {
			block.FFNNorm.Forward(h, x)
		}
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

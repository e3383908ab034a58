// gpt-oss decoder: RMSNorm, biases everywhere, windows in every other layer, from the
// first on, a sink in each head's softmax, and a mixture of experts whose gate is
// clamped.
// Paper: arXiv:2508.10925. Reference: transformers models/gpt_oss/modeling_gpt_oss.py; llama.cpp src/models/openai-moe-iswa.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("gpt-oss", newGPTOSS) }

type gptoss struct {
	decoder
	rotary
	Blocks []gptossBlock `gguf:"blk"`
	Norm   nn.RMSNorm    `gguf:"output_norm" dim:"hidden"`

	routing routing
}

type gptossBlock struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	Sinks   nn.Vector  `gguf:"attn_sinks" dim:"heads"`
	FFNNorm nn.RMSNorm `gguf:"post_attention_norm" dim:"hidden"`
	mixture
}

func newGPTOSS(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	c.Gate = nn.ClampedSwiGLU
	k.windows(c, 128, everyBut(2))
	k.mixture(c, c.FFNSize)
	return &gptoss{decoder: newDecoder(c), Blocks: make([]gptossBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *gptoss) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		m.attn[i].Sinks = block.Sinks.Values
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

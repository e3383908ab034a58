// GPT-2 decoder: LayerNorm, learned positions, GELU, biases everywhere.
// Paper: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019, §2.3.
// Reference: transformers models/gpt2/modeling_gpt2.py; llama.cpp src/models/gpt2.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("gpt2", newGPT2) }

type gpt2 struct {
	decoder
	learnedPositions
	Blocks []gpt2Block  `gguf:"blk"`
	Norm   nn.LayerNorm `gguf:"output_norm" dim:"hidden"`
}

type gpt2Block struct {
	AttnNorm nn.LayerNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	FFNNorm nn.LayerNorm `gguf:"ffn_norm" dim:"hidden"`
	geluFFN
}

func newGPT2(c *Config, _ *keys) (Decoder, error) {
	c.MaxContext = c.ContextLength
	return &gpt2{decoder: newDecoder(c), Blocks: make([]gpt2Block, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *gpt2) Forward(b *Batch) {
	x, h := m.begin(b)
	m.addPositions(b, x, h)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

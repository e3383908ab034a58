// Command R decoder: LayerNorm without bias, attention and SwiGLU side by side behind
// one norm, logits times a factor. Command R+ has a norm for each head of query and key.
// Reference: transformers models/cohere/modeling_cohere.py; llama.cpp src/models/command-r.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("command-r", newCommandR) }

type commandR struct {
	decoder
	rotary
	Blocks []commandRBlock `gguf:"blk"`
	Norm   nn.LayerNorm    `gguf:"output_norm" dim:"hidden"`
}

type commandRBlock struct {
	AttnNorm nn.LayerNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	QNorm nn.LayerNorm `gguf:"attn_q_norm,optional" dim:"heads,head"`
	KNorm nn.LayerNorm `gguf:"attn_k_norm,optional" dim:"kvheads,head"`
	gatedFFN
}

func newCommandR(c *Config, k *keys) (Decoder, error) {
	c.LogitScale = k.scale("logit_scale")
	return &commandR{decoder: newDecoder(c), Blocks: make([]commandRBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h and a what the
// halves of a block add to it.
func (m *commandR) Forward(b *Batch) {
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
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

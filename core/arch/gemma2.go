// Gemma 2 decoder: that of Gemma, with a norm behind each half of a block too, soft
// caps of scores and logits, and windows in every other layer, from the first on.
// Paper: arXiv:2408.00118. Reference: transformers models/gemma2/modeling_gemma2.py; llama.cpp src/models/gemma2.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("gemma2", newGemma2) }

type gemma2 struct {
	decoder
	rotary
	Blocks []gemma2Block `gguf:"blk"`
	Norm   nn.RMSNorm    `gguf:"output_norm" dim:"hidden"`
}

type gemma2Block struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	AttnPostNorm nn.RMSNorm `gguf:"post_attention_norm" dim:"hidden"`
	FFNNorm      nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	gatedFFN
	FFNPostNorm nn.RMSNorm `gguf:"post_ffw_norm" dim:"hidden"`
}

func newGemma2(c *Config, k *keys) (Decoder, error) {
	gemmaConstants(c)
	gemmaLargeScale(c, 46) // 27B
	c.AttnSoftCap = k.cap("attn_logit_softcapping", 50)
	c.LogitSoftCap = k.cap("final_logit_softcapping", 30)
	k.windows(c, 4096, everyBut(2))
	return &gemma2{decoder: newDecoder(c), Blocks: make([]gemma2Block, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *gemma2) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addNormed(b, i, x, h, &block.AttnPostNorm)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		block.FFNPostNorm.Forward(h, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

// Gemma 3 decoder: that of Gemma 2, with an RMSNorm of each head of query and key in
// place of the caps of scores, and windows in all layers but every sixth. Layers with
// a window rotate with a base of their own, and without scaling.
// Paper: arXiv:2503.19786. Reference: transformers models/gemma3/modeling_gemma3.py; llama.cpp src/models/gemma3.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("gemma3", newGemma3) }

type gemma3 struct {
	decoder
	rotary
	Blocks []gemma3Block `gguf:"blk"`
	Norm   nn.RMSNorm    `gguf:"output_norm" dim:"hidden"`
}

type gemma3Block struct {
	gemma2Block
	QNorm nn.RMSNorm `gguf:"attn_q_norm" dim:"head"`
	KNorm nn.RMSNorm `gguf:"attn_k_norm" dim:"head"`
}

func newGemma3(c *Config, k *keys) (Decoder, error) {
	gemmaConstants(c)
	gemmaLargeScale(c, 62) // 27B
	c.LogitSoftCap = k.cap("final_logit_softcapping", 0)
	k.windows(c, 0, everyBut(6))
	local := unscaled(c.RoPE)
	local.Base = k.base("rope.freq_base_swa", 10000)
	for i := range c.Layers {
		if c.Layers[i].Window > 0 {
			c.Layers[i].RoPE = local
		}
	}
	return &gemma3{decoder: newDecoder(c), Blocks: make([]gemma3Block, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *gemma3) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.normHeads(b, qkv, &block.QNorm, &block.KNorm)
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

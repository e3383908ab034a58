// ModernBERT encoder: rotation, GeGLU, norms before the halves of a block, which the
// first block's attention takes from the embedding; no biases. Layers but every third,
// from the first on, see half a window to either side, and rotate with a base of their own.
// Paper: arXiv:2412.13663. Reference: transformers models/modernbert/modeling_modernbert.py;
// llama.cpp src/models/modern-bert.cpp.

package arch

import (
	"fmt"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("modern-bert", newModernBERT) }

type modernBERT struct {
	encoder
	rotary
	Blocks []modernBERTBlock `gguf:"blk"`
	Norm   nn.LayerNorm      `gguf:"output_norm" dim:"hidden"`
}

type modernBERTBlock struct {
	Input *modernBERTInput // nil in the first
	selfAttention
	FFNNorm nn.LayerNorm `gguf:"ffn_norm" dim:"hidden"`
	gatedFFN
}

type modernBERTInput struct {
	Norm nn.LayerNorm `gguf:"attn_norm" dim:"hidden"`
}

func newModernBERT(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	switch f, _ := k.f.String(k.prefix + "hidden_activation"); f { // names as in llama.cpp
	case "", "gelu", "geglu":
		c.Gate = nn.GeGLU
	case "silu", "swish", "swiglu": // Granite Embedding
		c.Gate = nn.SwiGLU
	default:
		return nil, &errs.UnsupportedError{What: fmt.Sprintf("hidden_activation %q", f)}
	}
	k.windows(c, 0, everyButFirst(3))
	local := unscaled(c.RoPE)
	local.Base = k.base("rope.freq_base_swa", c.RoPE.Base)
	for i := range c.Layers {
		if c.Layers[i].Window > 0 {
			c.Layers[i].RoPE = local
		}
	}
	m := &modernBERT{encoder: newEncoder(c, k), Blocks: make([]modernBERTBlock, c.NumLayers)}
	for i := range m.Blocks {
		if _, ok := k.f.Tensor("blk.0.attn_norm.weight"); ok || i > 0 {
			m.Blocks[i].Input = new(modernBERTInput)
		}
	}
	return m, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *modernBERT) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	m.EmbedNorm.Forward(x, x)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		in := x
		if block.Input != nil {
			block.Input.Norm.Forward(h, x)
			in = h
		}
		qkv := block.project(b, in)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.decoder.finish(b, x, &m.Norm)
}

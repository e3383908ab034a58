package arch

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

// lookAhead makes the model an encoder: a token sees all others, and in layers with a
// window those up to half of it away on either side.
func (c *Config) lookAhead() {
	c.Encoder = true
	for i := range c.Layers {
		l := &c.Layers[i]
		l.Ahead = math.MaxInt32
		if l.Window > 0 {
			l.Window, l.Ahead = l.Window/2+1, l.Window/2
		}
	}
}

// encoder is what BERT and its descendants have around the blocks: every token sees
// all others, the embeddings have a norm, and the last block's output is the result.
type encoder struct {
	decoder
	Types     nn.Vector    `gguf:"token_types,optional" dim:"token types,hidden"`
	EmbedNorm nn.LayerNorm `gguf:"token_embd_norm" dim:"hidden"`
}

func newEncoder(c *Config, k *keys) encoder {
	c.lookAhead()
	if t, ok := k.f.Tensor("token_types.weight"); ok {
		c.ArchSizes = map[string]int{"token types": t.Rows()}
	}
	return encoder{decoder: newDecoder(c)}
}

// begin is that of decoder, plus the embedding of the first type of token: types tell
// two texts of an input apart (Devlin et al., arXiv:1810.04805, §3), and here is one.
func (e *encoder) begin(b *Batch) (x, h []float32) {
	x, h = e.decoder.begin(b)
	if e.Types.Values != nil {
		first := e.Types.Values[:e.c.HiddenSize]
		for t := range b.IDs {
			kernel.Add(x[t*len(first):(t+1)*len(first)], first)
		}
	}
	return x, h
}

// finish adds the batch to the cache and returns x as hidden states.
func (e *encoder) finish(b *Batch, x []float32) {
	b.Cache.Advance(len(b.IDs))
	copy(b.Hidden, x)
}

// postNorms are norms of the residual stream itself, behind each half of a block, as
// in the first transformer (Vaswani et al., arXiv:1706.03762, §3.1).
type postNorms struct {
	AttnPostNorm nn.LayerNorm `gguf:"attn_output_norm" dim:"hidden"`
	FFNPostNorm  nn.LayerNorm `gguf:"layer_output_norm" dim:"hidden"`
}

// addAttention adds what attention gives, h, to x, whose norm both become.
func (n *postNorms) addAttention(b *Batch, d *decoder, layer int, x, h []float32) (_, _ []float32) {
	x, h = d.addAttention(b, layer, x, h)
	n.AttnPostNorm.Forward(x, x)
	copy(h, x)
	return x, h
}

// addFFN adds what the feed-forward network gives, h, to x, whose norm x becomes; that
// ends the layer.
func (n *postNorms) addFFN(b *Batch, d *decoder, layer int, x, h []float32) {
	d.addMore(b, layer, x, h)
	n.FFNPostNorm.Forward(x, x)
	d.endLayer(b, layer, x)
}

package arch

import (
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/nn"
)

// rotary is the rotary embedding of the layers that have one.
type rotary struct {
	// Divisors of Config.RoPE's angles: Freqs, or Long and Short, of which the size
	// of the context chooses one (Ding et al., "LongRoPE", arXiv:2402.13753).
	RoPEFreqs nn.Vector `gguf:"rope_freqs,optional" dim:"rot/2"`
	RoPELong  nn.Vector `gguf:"rope_factors_long,optional" dim:"rot/2"`
	RoPEShort nn.Vector `gguf:"rope_factors_short,optional" dim:"rot/2"`

	ropes    []*attention.RoPE // of each layer, nil without; made at the first batch, when the weights are there
	distinct []*attention.RoPE
}

// positions prepares the rotations of a batch's positions.
func (r *rotary) positions(c *Config, b *Batch) {
	if r.ropes == nil {
		r.make(c, b.Cache.Cap())
	}
	for _, rope := range r.distinct {
		rope.At(b.Cache.Len(), len(b.IDs))
	}
}

// make computes the angles, for a context of some positions.
func (r *rotary) make(c *Config, context int) {
	c.RoPE.Freqs = r.RoPEFreqs.Values
	if long, short := r.RoPELong.Values, r.RoPEShort.Values; long != nil && context > c.RoPE.OriginalContext {
		c.RoPE.Freqs = long
	} else if short != nil {
		c.RoPE.Freqs = short
	}
	r.ropes = make([]*attention.RoPE, c.NumLayers)
	made := map[*attention.RoPEConfig]*attention.RoPE{}
	for i, l := range c.Layers {
		if l.RoPE == nil {
			continue
		}
		if made[l.RoPE] == nil {
			made[l.RoPE] = attention.NewRoPE(*l.RoPE)
			r.distinct = append(r.distinct, made[l.RoPE])
		}
		r.ropes[i] = made[l.RoPE]
	}
}

// rotate turns queries and keys of a layer.
func (r *rotary) rotate(d *decoder, b *Batch, layer int, qkv []float32) {
	rope := r.ropes[layer]
	if rope == nil {
		return
	}
	for t := range b.IDs {
		q, k, _ := d.heads(qkv, t)
		rope.Rotate(q, d.c.HeadDim, t)
		rope.Rotate(k, d.c.HeadDim, t)
	}
}

// unscaled returns a rotation without what stretches it to long contexts, for
// layers that see a window.
func unscaled(r attention.RoPEConfig) *attention.RoPEConfig {
	r.Scaling, r.Factor, r.AttnFactor, r.Freqs = "", 1, 1, nil
	return &r
}

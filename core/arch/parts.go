package arch

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

// Parts takes the residual stream of a batch's last token apart: into the embedding
// and what each head and each feed-forward network has added. The final norm with its
// scale held fixed, and the output matrix, are linear, so that each has its share of a
// logit: direct logit attribution, Elhage et al., "A Mathematical Framework for
// Transformer Circuits", 2021.
//
// All workers have one in the same batches.
type Parts struct {
	layers       []layerParts
	embed, final []float32 // [hidden], the stream before the first layer and behind the last
	input        []float32 // [heads+1, heads*headDim], each head alone, and none; of the layer at hand
	d            *decoder
	norm         nn.Norm
}

// layerParts are rows [hidden] that were added to the stream.
type layerParts struct {
	heads []float32 // [heads+1, hidden], of each head, and the bias of the output matrix; nil without attention
	mixer []float32 // of what is there in place of attention
	ffn   []float32 // of the feed-forward network, and what else the layer adds behind it
}

// keep copies x to dst, which it makes.
func keep(dst *[]float32, x []float32) { *dst = append((*dst)[:0], x...) }

// begin is called with the stream x [rows, hidden] at the beginning of a layer.
func (p *Parts) begin(c *Config, layer int, x []float32) {
	if p.layers == nil {
		p.layers = make([]layerParts, c.NumLayers)
	}
	p.layers[layer].ffn = p.layers[layer].ffn[:0]
	if layer == 0 {
		keep(&p.embed, last(c, x))
	}
}

// attend takes the output of attention apart; z [tokens, heads*headDim] is what the
// heads of all workers give.
func (p *Parts) attend(ctx *nn.Context, c *Config, layer int, out *nn.Halved, z []float32) {
	if p.layers == nil {
		p.layers = make([]layerParts, c.NumLayers)
	}
	width := c.NumHeads * c.HeadDim
	if n := (c.NumHeads + 1) * width; len(p.input) != n { // in some models head sizes differ
		p.input = make([]float32, n)
	}
	z = z[len(z)-width:]
	for head := range c.NumHeads {
		at := head * c.HeadDim
		copy(p.input[head*width+at:head*width+at+c.HeadDim], z[at:])
	}
	l := &p.layers[layer]
	if l.heads == nil {
		l.heads = make([]float32, (c.NumHeads+1)*c.HiddenSize)
	}
	ctx.Input(p.input, c.NumHeads+1)
	out.Forward(ctx, l.heads)
	bias := last(c, l.heads)
	for head := range c.NumHeads {
		for i, b := range bias {
			l.heads[head*c.HiddenSize+i] -= b
		}
	}
}

// hold applies the norm that attention's output h [tokens, hidden] goes through.
func (p *Parts) hold(c *Config, layer int, h []float32, norm *nn.RMSNorm) {
	if heads := p.layers[layer].heads; heads != nil {
		norm.Hold(heads, heads, last(c, h))
	}
}

// mix is called with what attention, or what is in its place, has added, h [rows, hidden].
func (p *Parts) mix(c *Config, layer int, h []float32) {
	l := &p.layers[layer]
	if l.heads == nil {
		keep(&l.mixer, last(c, h))
	} else if s := c.ResidualScale; s != 0 {
		kernel.Scale(l.heads, s)
	}
}

// feed is called with what the feed-forward network has added, h [rows, hidden], and
// what else comes after attention.
func (p *Parts) feed(c *Config, layer int, h []float32) {
	l := &p.layers[layer]
	if len(l.ffn) > 0 {
		kernel.Add(l.ffn, last(c, h))
		return
	}
	keep(&l.ffn, last(c, h))
}

// scale is called when the stream was multiplied by s at the end of a layer.
func (p *Parts) scale(layer int, s float32) {
	kernel.Scale(p.embed, s)
	for _, l := range p.layers[:layer+1] {
		kernel.Scale(l.heads, s)
		kernel.Scale(l.mixer, s)
		kernel.Scale(l.ffn, s)
	}
}

// finish is called with the stream x [rows, hidden] behind the last layer.
func (p *Parts) finish(d *decoder, norm nn.Norm, x []float32) {
	p.d, p.norm = d, norm
	keep(&p.final, last(d.c, x))
}

// Attribution is the parts of a logit. They sum to it, before a soft cap.
type Attribution struct {
	Heads [][]float32 // by layer, of each head; nil without attention
	Mixer []float32   // by layer, of what is there in place of attention
	FFN   []float32   // by layer, with what else the layer adds behind the network
	Embed float32     // of the embedding, with positions if they are learned
	Bias  float32     // of the biases of attention's output matrices, the final norm and the output
}

// Attribute returns the parts of a token's logit, of the last batch, on worker 0; all
// workers call it.
func (p *Parts) Attribute(ctx *nn.Context, id int32) Attribution {
	c := p.d.c
	row := make([]float32, c.HiddenSize)
	bias := p.d.Output.Row(ctx, row, int(id))
	if c.group.Rank() > 0 {
		return Attribution{}
	}
	if s := c.LogitScale; s != 0 {
		kernel.Scale(row, s)
		bias *= s
	}
	normed := make([]float32, c.HiddenSize)
	share := func(x []float32) float32 {
		p.norm.Hold(normed, x, p.final)
		return kernel.Dot(row, normed)
	}
	a := Attribution{Heads: make([][]float32, c.NumLayers), Mixer: make([]float32, c.NumLayers), FFN: make([]float32, c.NumLayers)}
	a.Embed = share(p.embed)
	total := share(p.final)
	p.norm.Forward(normed, p.final)
	a.Bias = bias + kernel.Dot(row, normed) - total // that of the norm
	for i, l := range p.layers {
		a.FFN[i] = share(l.ffn)
		if l.heads == nil {
			a.Mixer[i] = share(l.mixer)
			continue
		}
		a.Heads[i] = make([]float32, c.NumHeads)
		for h := range a.Heads[i] {
			a.Heads[i][h] = share(l.heads[h*c.HiddenSize : (h+1)*c.HiddenSize])
		}
		a.Bias += share(last(c, l.heads))
	}
	return a
}

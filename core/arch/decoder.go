package arch

import (
	"slices"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

// The parts below are embedded in an architecture's structs: each brings its
// tensors and what is done with them, and the architecture's Forward says how
// they are wired. h and x [tokens, hidden] are, throughout, a block's working
// values and the residual stream.

// decoder is what is around the blocks: the embedding before them, and behind, after
// a norm that the architecture has, the output matrix.
type decoder struct {
	Embed  nn.Embedding `gguf:"token_embd" dim:"vocab,hidden"`
	Output nn.Linear    `gguf:"output,alt:token_embd" dim:"vocab,hidden"`

	c    *Config
	attn []attention.Causal // of each layer
}

// newDecoder returns a decoder whose layers attend as the configuration says.
func newDecoder(c *Config) decoder {
	group := c.NumHeads / c.NumKVHeads
	d := decoder{c: c, attn: make([]attention.Causal, c.NumLayers)}
	for i := range d.attn {
		d.attn[i] = attention.Causal{
			Heads: c.heads.Len(), KVHeads: c.kvHeads.Len(), HeadDim: c.HeadDim, Scale: c.AttnScale,
			Group: group, First: c.heads.From - c.kvHeads.From*group,
			Window: c.Layers[i].Window, Ahead: c.Layers[i].Ahead, SoftCap: c.AttnSoftCap,
		}
		if c.AttnScale == 0 {
			d.attn[i].Scale = attention.Scale(c.HeadDim)
		}
	}
	return d
}

// begin returns the residual stream of a batch, filled with its embeddings, and
// memory for the working values.
func (d *decoder) begin(b *Batch) (x, h []float32) {
	n := len(b.IDs) * d.c.HiddenSize
	x, h = b.Context.Floats(nn.BufferResidual, n), b.Context.Floats(nn.BufferNorm, n)
	d.Embed.Forward(b.Context, x, b.words(d.c.VocabSize))
	if s := d.c.EmbeddingScale; s != 0 {
		kernel.Scale(x, s)
	}
	if len(b.Images) > 0 {
		for t, id := range b.IDs {
			if at := (int(id) - d.c.VocabSize) * d.c.HiddenSize; at >= 0 {
				copy(x[t*d.c.HiddenSize:(t+1)*d.c.HiddenSize], b.Images[at:])
			}
		}
	}
	return x, h
}

// words returns the ids of the batch with the first one of the vocabulary in place of rows of
// pictures.
func (b *Batch) words(vocab int) []int32 {
	if !slices.ContainsFunc(b.IDs, func(id int32) bool { return int(id) >= vocab }) {
		return b.IDs
	}
	ids := slices.Clone(b.IDs)
	for i, id := range ids {
		if int(id) >= vocab {
			ids[i] = 0
		}
	}
	return ids
}

// branch returns memory like h for blocks whose halves run side by side.
func (d *decoder) branch(b *Batch) []float32 {
	return b.Context.Floats(nn.BufferBranch, len(b.IDs)*d.c.HiddenSize)
}

// keep returns the rows of x that still count after a layer's attention: all,
// but in the last layer only those that logits are asked for, perhaps none.
func (d *decoder) keep(b *Batch, layer int, x []float32) []float32 {
	if layer < d.c.NumLayers-1 || b.Hidden != nil {
		return x
	}
	return x[len(x)-len(b.Logits)/d.c.VocabSize*d.c.HiddenSize:]
}

// addAttention adds what attention gives, h, to x, and returns the rows of both
// that keep leaves.
func (d *decoder) addAttention(b *Batch, layer int, x, h []float32) (_, _ []float32) {
	x, h = d.keep(b, layer, x), d.keep(b, layer, h)
	d.addMixed(b, layer, x, h)
	return x, h
}

// addMixed adds what attention gives, h, to x, of all rows.
func (d *decoder) addMixed(b *Batch, layer int, x, h []float32) {
	if b.Parts != nil {
		b.Parts.begin(d.c, layer, x)
	}
	d.add(x, h)
	if b.Parts != nil {
		b.Parts.mix(d.c, layer, h)
	}
}

// addNormed is addAttention of the norm of h.
func (d *decoder) addNormed(b *Batch, layer int, x, h []float32, norm *nn.RMSNorm) (_, _ []float32) {
	if b.Parts != nil {
		b.Parts.hold(d.c, layer, h, norm)
	}
	norm.Forward(h, h)
	return d.addAttention(b, layer, x, h)
}

// addFFN adds what the feed-forward network gives, h, to x, which ends the layer.
func (d *decoder) addFFN(b *Batch, layer int, x, h []float32) {
	d.addMore(b, layer, x, h)
	d.endLayer(b, layer, x)
}

// addMore is addFFN of a part of a layer behind which others follow.
func (d *decoder) addMore(b *Batch, layer int, x, h []float32) {
	d.add(x, h)
	if b.Parts != nil {
		b.Parts.feed(d.c, layer, h)
	}
}

// scale multiplies x at the end of a layer.
func (d *decoder) scale(b *Batch, layer int, x []float32, s float32) {
	kernel.Scale(x, s)
	if b.Parts != nil {
		b.Parts.scale(layer, s)
	}
}

// endLayer is what follows when a layer has added all to x.
func (d *decoder) endLayer(b *Batch, layer int, x []float32) {
	if b.Lens != nil {
		b.Lens.look(d.c, layer, x)
	}
	if b.Residual != nil {
		b.Residual(layer, x)
	}
}

func (d *decoder) add(x, h []float32) {
	if s := d.c.ResidualScale; s != 0 {
		kernel.Scale(h, s)
	}
	kernel.Add(x, h)
}

// finish adds the batch to the cache and computes the logits from x, the rows
// that keep has left, and their norm.
func (d *decoder) finish(b *Batch, x []float32, norm nn.Norm) {
	b.Cache.Advance(len(b.IDs))
	if len(x) == 0 {
		return
	}
	if b.Hidden != nil {
		norm.Forward(b.Hidden, x)
		return
	}
	if b.Parts != nil {
		b.Parts.finish(d, norm, x)
	}
	if b.Lens != nil {
		d.logits(b.Context, b.Lens.rows, b.Lens.Logits, norm)
	}
	d.logits(b.Context, x, b.Logits, norm)
}

// logits computes the logits [rows, vocab] of rows of the residual stream x [rows,
// hidden], which it overwrites with their norm.
func (d *decoder) logits(ctx *nn.Context, x, logits []float32, norm nn.Norm) {
	norm.Forward(x, x)
	ctx.Input(x, len(x)/d.c.HiddenSize)
	d.Output.ForwardFirst(ctx, logits)
	if s := d.c.LogitScale; s != 0 {
		kernel.Scale(logits, s)
	}
	if limit := d.c.LogitSoftCap; limit != 0 {
		kernel.SoftCap(logits, limit)
	}
}

// heads returns token t's query [heads, headDim], key and value [kvHeads, headDim],
// of the heads that this worker has.
func (d *decoder) heads(qkv []float32, t int) (q, k, v []float32) {
	nq, nk := d.c.heads.Len()*d.c.HeadDim, d.c.kvHeads.Len()*d.c.HeadDim
	row := qkv[t*(nq+2*nk) : (t+1)*(nq+2*nk)]
	return row[:nq], row[nq : nq+nk], row[nq+nk:]
}

// normHeads applies norms to each head of queries and keys, if there are such.
func (d *decoder) normHeads(b *Batch, qkv []float32, query, key nn.Norm) {
	for t := range b.IDs {
		q, k, _ := d.heads(qkv, t)
		if query.Present() {
			query.Forward(q, q)
		}
		if key.Present() {
			key.Forward(k, k)
		}
	}
}

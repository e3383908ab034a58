package arch

import (
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/nn"
)

// The parts below are embedded in an architecture's structs: each brings its
// tensors and what is done with them, and the architecture's Forward says how
// they are wired. h and x [tokens, hidden] are, throughout, a block's working
// values and the residual stream.

// decoder is what is around the blocks: the embedding before them, the last norm
// and the output matrix behind.
type decoder struct {
	Embed  nn.Embedding `gguf:"token_embd" dim:"vocab,hidden"`
	Norm   nn.RMSNorm   `gguf:"output_norm" dim:"hidden"`
	Output nn.Linear    `gguf:"output,alt:token_embd" dim:"vocab,hidden"`

	c    *Config
	attn attention.Causal
}

// newDecoder returns a decoder with the usual scale of the scores.
func newDecoder(c *Config) decoder {
	group := c.NumHeads / c.NumKVHeads
	return decoder{c: c, attn: attention.Causal{
		Heads: c.heads.Len(), KVHeads: c.kvHeads.Len(), HeadDim: c.HeadDim, Scale: attention.Scale(c.HeadDim),
		Group: group, First: c.heads.From - c.kvHeads.From*group,
	}}
}

// begin returns the residual stream of a batch, filled with its embeddings, and
// memory for the working values.
func (d *decoder) begin(b *Batch) (x, h []float32) {
	n := len(b.IDs) * d.c.HiddenSize
	x, h = b.Context.Floats(nn.BufferResidual, n), b.Context.Floats(nn.BufferNorm, n)
	d.Embed.Forward(b.Context, x, b.IDs)
	return x, h
}

// keep returns the rows of x that still count after a layer's attention: all,
// but in the last layer only those that logits are asked for, perhaps none.
func (d *decoder) keep(b *Batch, layer int, x []float32) []float32 {
	if layer < d.c.NumLayers-1 {
		return x
	}
	return x[len(x)-len(b.Logits)/d.c.VocabSize*d.c.HiddenSize:]
}

// finish adds the batch to the cache and computes the logits from x, the rows
// that keep has left.
func (d *decoder) finish(b *Batch, x []float32) {
	b.Cache.Advance(len(b.IDs))
	if len(x) > 0 {
		d.Norm.Forward(x, x)
		b.Context.Input(x, len(x)/d.c.HiddenSize)
		d.Output.ForwardFirst(b.Context, b.Logits)
	}
}

// rotary is the rotary embedding, the same in all layers.
type rotary struct {
	RoPEFreqs nn.Vector `gguf:"rope_freqs,optional" dim:"rot/2"`

	rope *nn.RoPE // made at the first batch, when RoPEFreqs is there
}

// at returns the rotations of a batch's positions.
func (r *rotary) at(c *Config, b *Batch) *nn.RoPE {
	if r.rope == nil {
		c.RoPE.Freqs = r.RoPEFreqs.Values
		r.rope = nn.NewRoPE(c.RoPE)
	}
	r.rope.At(b.Cache.Len(), len(b.IDs))
	return r.rope
}

// selfAttention is a block's causal attention over the cache. Between its two
// methods the architecture turns queries and keys as it wants them.
type selfAttention struct {
	QKV     nn.Linear `gguf:"attn_q+attn_k+attn_v" dim:"q+kv+kv,hidden"`
	AttnOut nn.Linear `gguf:"attn_output" dim:"hidden,q"`
}

// project returns queries, keys and values [tokens, q+kv+kv] of h.
func (a *selfAttention) project(b *Batch, h []float32) []float32 {
	b.Context.Input(h, len(b.IDs))
	qkv := b.Context.Floats(nn.BufferProj, len(b.IDs)*a.QKV.Rows())
	a.QKV.Forward(b.Context, qkv)
	return qkv
}

// heads returns token t's query [heads, headDim], key and value [kvHeads, headDim],
// of the heads that this worker has.
func (d *decoder) heads(qkv []float32, t int) (q, k, v []float32) {
	nq, nk := d.c.heads.Len()*d.c.HeadDim, d.c.kvHeads.Len()*d.c.HeadDim
	row := qkv[t*(nq+2*nk) : (t+1)*(nq+2*nk)]
	return row[:nq], row[nq : nq+nk], row[nq+nk:]
}

// attend puts keys and values into a layer's cache and writes to h what the
// queries get.
func (a *selfAttention) attend(b *Batch, d *decoder, layer int, qkv, h []float32) {
	n, first := len(b.IDs), b.Cache.Len()
	mixed := b.Context.Part(nn.BufferMixed, n, d.c.headSplit)
	cache := b.Cache.Layer(layer)
	for t := range n {
		_, k, v := d.heads(qkv, t)
		cache.Put(first+t, k, v)
	}
	d.attn.Forward(&b.Context.Attention, mixed, qkv, len(qkv)/n, cache, first, n, b.observer(layer, d.c.heads.From))
	b.Context.Input(b.Context.Whole(nn.BufferMixed, n, d.c.headSplit), n)
	a.AttnOut.Forward(b.Context, h)
}

// swiGLU is a block's feed-forward network down(silu(gate·h) * up·h).
// Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, eq. 6.
type swiGLU struct {
	GateUp nn.Linear `gguf:"ffn_gate+ffn_up" dim:"ffn+ffn,hidden"`
	Down   nn.Linear `gguf:"ffn_down" dim:"hidden,ffn"`
}

// feedForward writes the network's output over its input h, of any number of rows.
func (f *swiGLU) feedForward(ctx *nn.Context, c *Config, h []float32) {
	n := len(h) / f.Down.Rows()
	if n == 0 {
		return
	}
	ctx.Input(h, n)
	gateUp := ctx.Floats(nn.BufferProj, n*f.GateUp.Rows())
	f.GateUp.Forward(ctx, gateUp)
	nn.SwiGLU(ctx.Part(nn.BufferMixed, n, c.ffnSplit), gateUp, n)
	ctx.Input(ctx.Whole(nn.BufferMixed, n, c.ffnSplit), n)
	f.Down.Forward(ctx, h)
}

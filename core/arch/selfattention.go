package arch

import (
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
)

// selfAttention is a block's causal attention over the cache. Between project and
// attend the architecture turns queries and keys as it wants them.
type selfAttention struct {
	QKV nn.Linear `gguf:"attn_q+attn_k+attn_v,alt:attn_qkv" dim:"q+kv+kv,hidden"`
	headsOutput
}

// project returns queries, keys and values [tokens, q+kv+kv] of h.
func (a *selfAttention) project(b *Batch, h []float32) []float32 {
	b.Context.Input(h, len(b.IDs))
	qkv := b.Context.Floats(nn.BufferProj, len(b.IDs)*a.QKV.Rows())
	a.QKV.Forward(b.Context, qkv)
	return qkv
}

// wideAttention is a selfAttention with norms of queries and keys over all heads
// together, so that every worker has all of these.
type wideAttention struct {
	QK nn.Linear `gguf:"attn_q+attn_k" dim:"all q+all kv,hidden"`
	V  nn.Linear `gguf:"attn_v" dim:"kv,hidden"`
	headsOutput
}

// project is that of selfAttention, with the norms of queries and keys if there are such.
func (a *wideAttention) project(b *Batch, d *decoder, x []float32, query, key nn.Norm) []float32 {
	c, n := d.c, len(b.IDs)
	b.Context.Input(x, n)
	all := b.Context.Floats(nn.BufferBranch, n*a.QK.Rows())
	a.QK.Forward(b.Context, all)
	v := b.Context.Floats(nn.BufferMixed, n*a.V.Rows())
	a.V.Forward(b.Context, v)
	qkv := b.Context.Floats(nn.BufferProj, n*(c.heads.Len()+2*c.kvHeads.Len())*c.HeadDim)
	for t := range n {
		row := all[t*a.QK.Rows() : (t+1)*a.QK.Rows()]
		q, k := row[:c.NumHeads*c.HeadDim], row[c.NumHeads*c.HeadDim:]
		if query.Present() {
			query.Forward(q, q)
		}
		if key.Present() {
			key.Forward(k, k)
		}
		ownQ, ownK, ownV := d.heads(qkv, t)
		copy(ownQ, q[c.heads.From*c.HeadDim:])
		copy(ownK, k[c.kvHeads.From*c.HeadDim:])
		copy(ownV, v[t*a.V.Rows():])
	}
	return qkv
}

// headsOutput is the second half of attention, behind queries, keys and values.
type headsOutput struct {
	AttnOut nn.Halved `gguf:"attn_output,whole" dim:"hidden,q"`
}

// attend puts keys and values into a layer's cache and writes to h what the
// queries get.
func (a *headsOutput) attend(b *Batch, d *decoder, layer int, qkv, h []float32) {
	a.attendGated(b, d, layer, qkv, nil, h)
}

// attendGated is attend with what the heads get times the sigmoid of gates
// [tokens, q], if not nil.
func (a *headsOutput) attendGated(b *Batch, d *decoder, layer int, qkv, gates, h []float32) {
	cache := b.Cache.Layer(layer)
	for t := range b.IDs {
		_, k, v := d.heads(qkv, t)
		cache.Put(b.Cache.Len()+t, k, v)
	}
	a.attendTo(b, d, layer, cache, qkv, gates, h)
}

// attendTo is attendGated with keys and values that a layer of the cache has already;
// of qkv only the queries count.
func (a *headsOutput) attendTo(b *Batch, d *decoder, layer int, cache *kvcache.Layer, qkv, gates, h []float32) {
	n := len(b.IDs)
	mixed := b.Context.Part(nn.BufferMixed, n, d.c.headSplit)
	d.attn[layer].Forward(&b.Context.Attention, mixed, qkv, len(qkv)/n, cache, b.Cache.Len(), n, b.observer(layer, d.c.heads.From))
	for i, g := range gates {
		mixed[i] *= sigmoid(g)
	}
	d.mixHeads(b, layer, &a.AttnOut, mixed, h)
}

// mixHeads writes to h what the output matrix makes of the heads' outputs, of which mixed is
// this worker's part of nn.BufferMixed.
func (d *decoder) mixHeads(b *Batch, layer int, out *nn.Halved, mixed, h []float32) {
	n := len(b.IDs)
	if b.Heads != nil {
		b.Heads(layer, d.c.heads.From, mixed)
	}
	if b.Parts != nil {
		b.Parts.attend(b.Context, d.c, layer, out, b.Context.Whole(nn.BufferMixed, n, d.c.headSplit))
	}
	out.ForwardParts(b.Context, nn.BufferMixed, n, d.c.headSplit, h)
}

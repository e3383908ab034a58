// T5: an encoder reads a source text, a decoder writes another and looks at it by
// cross-attention. RMSNorm, no positions but a bias of the scores by distance, of which the
// first layer's is that of all, scores without a scale; ReLU, or in T5 1.1 a gated GELU.
// Paper: arXiv:1910.10683; gates: arXiv:2002.05202.
// Reference: transformers models/t5/modeling_t5.py; llama.cpp src/models/t5.cpp.

package arch

import (
	"math"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("t5", newT5) }

type t5 struct {
	decoder
	Encoder t5Encoder `gguf:"enc"`
	Decoder t5Decoder `gguf:"dec"`

	cross attention.Causal
}

type t5Decoder struct {
	Bias   nn.Vector  `gguf:"blk.0.attn_rel_b" dim:"buckets,all heads"`
	Blocks []t5Block  `gguf:"blk"`
	Norm   nn.RMSNorm `gguf:"output_norm" dim:"hidden"`
	bias   relativeBias
}

type t5Block struct {
	t5SelfAttention
	CrossNorm nn.RMSNorm `gguf:"cross_attn_norm" dim:"hidden"`
	CrossQ    nn.Linear  `gguf:"cross_attn_q" dim:"q,hidden"`
	CrossKV   nn.Linear  `gguf:"cross_attn_k+cross_attn_v" dim:"kv+kv,hidden"`
	CrossOut  nn.Halved  `gguf:"cross_attn_o,whole" dim:"hidden,q"`
	t5FFN
}

func newT5(c *Config, k *keys) (Decoder, error) {
	encoderLayers := c.NumLayers
	c.NumLayers = k.size("decoder_block_count", c.NumLayers, maxLayers)
	c.Layers = make([]LayerConfig, c.NumLayers)
	c.LogitScale = k.scale("logit_scale") // Gander's own key: see package hf
	c.Source, c.Start = true, k.token("decoder_start_token_id", c.VocabSize)
	m := &t5{Encoder: newT5Encoder(c, k, encoderLayers), Decoder: t5Decoder{Blocks: make([]t5Block, c.NumLayers), bias: newRelativeBias(c, k, false)}}
	m.decoder = newDecoder(c)
	for i := range m.Decoder.Blocks {
		m.Decoder.Blocks[i].t5FFN = newT5FFN(k)
	}
	m.cross = m.attn[0]
	m.cross.Ahead = math.MaxInt32
	return m, nil
}

// source returns the keys and values of the source text in a layer; that behind the last is
// the encoder's.
func (m *t5) source(b *Batch, layer int) *kvcache.Layer { return b.Cache.Layer(m.c.NumLayers + layer) }

// Encode is as in EncoderDecoder.
func (m *t5) Encode(b *Batch) {
	n := len(b.IDs)
	x := m.Encoder.run(b, &m.decoder, func(int) *kvcache.Layer { return m.source(b, m.c.NumLayers) })
	m.Encoder.Norm.Forward(x, x)
	copy(b.Hidden, x)
	b.Context.Input(x, n)
	for i := range m.Decoder.Blocks {
		kv := &m.Decoder.Blocks[i].CrossKV
		values := b.Context.Floats(nn.BufferProj, n*kv.Rows())
		kv.Forward(b.Context, values)
		half, cache := kv.Rows()/2, m.source(b, i)
		for t := range n {
			row := values[2*t*half : 2*(t+1)*half]
			cache.Put(t, row[:half], row[half:])
		}
	}
	b.Cache.Source = n
}

// Forward runs a batch of the text that is written. x [tokens, hidden] is the residual stream,
// h what a block adds to it.
func (m *t5) Forward(b *Batch) {
	x, h := m.begin(b)
	for i := range m.Decoder.Blocks {
		block := &m.Decoder.Blocks[i]
		m.attn[i].Bias = m.Decoder.bias.of(m.Decoder.Bias.Values, b)
		block.selfAttend(b, &m.decoder, i, &m.attn[i], b.Cache.Layer(i), x, h)
		m.addMixed(b, i, x, h)

		if b.ObserveCross == nil {
			x, h = m.keep(b, i, x), m.keep(b, i, h)
		}
		block.CrossNorm.Forward(h, x)
		m.crossAttend(b, i, h)
		m.addMore(b, i, x, h)

		x, h = m.keep(b, i, x), m.keep(b, i, h)
		block.feedForward(b.Context, m.c, h, x)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Decoder.Norm)
}

// crossAttend writes over h [rows, hidden], of the batch's last tokens, what they get from the
// source text.
func (m *t5) crossAttend(b *Batch, layer int, h []float32) {
	n := len(h) / m.c.HiddenSize
	if n == 0 {
		return
	}
	block := &m.Decoder.Blocks[layer]
	b.Context.Input(h, n)
	q := b.Context.Floats(nn.BufferProj, n*block.CrossQ.Rows())
	block.CrossQ.Forward(b.Context, q)
	mixed := b.Context.Part(nn.BufferMixed, n, m.c.headSplit)
	first := b.Cache.Len() + len(b.IDs) - n
	m.cross.ForwardTo(&b.Context.Attention, mixed, q, block.CrossQ.Rows(), m.source(b, layer), first, n, b.Cache.Source, observer(b.ObserveCross, layer, m.c.heads.From))
	block.CrossOut.ForwardParts(b.Context, nn.BufferMixed, n, m.c.headSplit, h)
}

// t5Encoder is the encoder, without the embedding.
type t5Encoder struct {
	Bias   nn.Vector        `gguf:"blk.0.attn_rel_b" dim:"buckets,all heads"`
	Blocks []t5EncoderBlock `gguf:"blk"`
	Norm   nn.RMSNorm       `gguf:"output_norm" dim:"hidden"`

	attn attention.Causal
	bias relativeBias
}

type t5EncoderBlock struct {
	t5SelfAttention
	t5FFN
}

// newT5Encoder returns an encoder of some layers, and sets what T5 has of a configuration.
func newT5Encoder(c *Config, k *keys, layers int) t5Encoder {
	c.AttnScale, c.Gate = 1, nn.GeGLU
	for i := range c.Layers {
		c.Layers[i].RoPE = nil
	}
	e := t5Encoder{Blocks: make([]t5EncoderBlock, layers), bias: newRelativeBias(c, k, true)}
	for i := range e.Blocks {
		e.Blocks[i].t5FFN = newT5FFN(k)
	}
	d := newDecoder(c)
	e.attn = d.attn[0]
	e.attn.Ahead = math.MaxInt32
	return e
}

// run returns the residual stream [tokens, hidden] behind the last layer, of a whole text. cache
// is where a layer puts keys and values.
func (e *t5Encoder) run(b *Batch, d *decoder, cache func(layer int) *kvcache.Layer) []float32 {
	x, h := d.begin(b)
	e.attn.Bias = e.bias.of(e.Bias.Values, b)
	for i := range e.Blocks {
		block := &e.Blocks[i]
		block.selfAttend(b, d, i, &e.attn, cache(i), x, h)
		kernel.Add(x, h)
		block.feedForward(b.Context, d.c, h, x)
		kernel.Add(x, h)
		d.endLayer(b, i, x)
	}
	return x
}

// t5SelfAttention is a block's attention to its own text.
type t5SelfAttention struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	QKV      nn.Linear  `gguf:"attn_q+attn_k+attn_v" dim:"q+kv+kv,hidden"`
	AttnOut  nn.Halved  `gguf:"attn_o,whole" dim:"hidden,q"`
}

// selfAttend writes to h what attention makes of x, with the keys and values of a layer of the
// cache, from the cache's length on; an encoder's text begins at 0.
func (a *t5SelfAttention) selfAttend(b *Batch, d *decoder, layer int, attn *attention.Causal, cache *kvcache.Layer, x, h []float32) {
	n, first := len(b.IDs), b.Cache.Len()
	if attn.Ahead > 0 {
		first = 0
	}
	a.AttnNorm.Forward(h, x)
	b.Context.Input(h, n)
	qkv := b.Context.Floats(nn.BufferProj, n*a.QKV.Rows())
	a.QKV.Forward(b.Context, qkv)
	for t := range n {
		_, k, v := d.heads(qkv, t)
		cache.Put(first+t, k, v)
	}
	mixed := b.Context.Part(nn.BufferMixed, n, d.c.headSplit)
	attn.Forward(&b.Context.Attention, mixed, qkv, a.QKV.Rows(), cache, first, n, b.observer(layer, d.c.heads.From))
	d.mixHeads(b, layer, &a.AttnOut, mixed, h)
}

// t5FFN is a block's feed-forward network, of one kind or the other.
type t5FFN struct {
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	Gated   *gatedFFN
	Plain   *reluFFN
}

func newT5FFN(k *keys) t5FFN {
	if _, gated := k.f.Tensor("enc.blk.0.ffn_gate.weight"); gated {
		return t5FFN{Gated: &gatedFFN{}}
	}
	return t5FFN{Plain: &reluFFN{}}
}

// feedForward writes to h what the network makes of x, of any number of rows.
func (f *t5FFN) feedForward(ctx *nn.Context, c *Config, h, x []float32) {
	f.FFNNorm.Forward(h, x)
	if f.Gated != nil {
		f.Gated.feedForward(ctx, c, h)
	} else {
		f.Plain.feedForward(ctx, c, h)
	}
}

// relativeBias is the bias of a stack's scores, of this worker's heads.
type relativeBias struct {
	attention.T5Bias
	c         *Config
	table     attention.Bias
	positions int // that the table has
}

// t5MaxDistance is that of all T5 models; files don't say it.
const t5MaxDistance = 128

func newRelativeBias(c *Config, k *keys, bidirectional bool) relativeBias {
	buckets := k.size("attention.relative_buckets_count", 0, maxHeads)
	c.ArchSizes = map[string]int{"buckets": buckets, "all heads": c.NumHeads}
	r := relativeBias{T5Bias: attention.T5Bias{Buckets: buckets, MaxDistance: t5MaxDistance, Bidirectional: bidirectional}, c: c}
	r.Table = make([]float32, buckets*c.NumHeads)
	if err := r.Check(c.NumHeads); err != nil {
		k.fail("relative_buckets_count is %d: %v", buckets, err)
	}
	return r
}

// of returns the bias for the positions of a cache; all is the tensor [buckets, heads].
func (r *relativeBias) of(all []float32, b *Batch) attention.Bias {
	if r.positions < b.Cache.Cap() {
		heads := r.c.heads
		r.Table = r.Table[:0]
		for i := range r.Buckets {
			r.Table = append(r.Table, all[i*r.c.NumHeads+heads.From:i*r.c.NumHeads+heads.To]...)
		}
		r.positions = b.Cache.Cap()
		r.table = attention.Tabulate(&r.T5Bias, heads.Len(), r.positions)
	}
	return r.table
}

// Llama decoder: RMSNorm, rotary embedding of adjacent pairs, grouped-query
// attention, SwiGLU; with biases where the file has them. Mistral 3 adds a scale
// of the queries beyond the original context.
// Papers: LLaMA, arXiv:2302.13971; Llama 3, arXiv:2407.21783.
// Reference: transformers models/llama/modeling_llama.py; llama.cpp src/models/llama.cpp, mistral3.cpp.

package arch

import (
	"math"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() {
	register("llama", newLlama)
	register("mistral3", newLlama)
}

type llama struct {
	Embed     nn.Embedding `gguf:"token_embd" dim:"vocab,hidden"`
	RoPEFreqs nn.Vector    `gguf:"rope_freqs,optional" dim:"rot/2"`
	Blocks    []llamaBlock `gguf:"blk"`
	Norm      nn.RMSNorm   `gguf:"output_norm" dim:"hidden"`
	Output    nn.Linear    `gguf:"output,alt:token_embd" dim:"vocab,hidden"`

	c    *Config
	rope *nn.RoPE // made at the first batch, when RoPEFreqs is there
	attn attention.Causal
}

type llamaBlock struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	QKV      nn.Linear  `gguf:"attn_q+attn_k+attn_v" dim:"q+kv+kv,hidden"`
	AttnOut  nn.Linear  `gguf:"attn_output" dim:"hidden,q"`
	FFNNorm  nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	GateUp   nn.Linear  `gguf:"ffn_gate+ffn_up" dim:"ffn+ffn,hidden"`
	Down     nn.Linear  `gguf:"ffn_down" dim:"hidden,ffn"`
}

func newLlama(c *Config) (Decoder, error) {
	if c.NumExperts > 0 {
		return nil, &errs.UnsupportedError{What: "mixture of experts"}
	}
	return &llama{
		Blocks: make([]llamaBlock, c.NumLayers),
		c:      c,
		attn:   attention.Causal{Heads: c.NumHeads, KVHeads: c.NumKVHeads, HeadDim: c.HeadDim, Scale: attention.Scale(c.HeadDim)},
	}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream.
func (m *llama) Forward(b *Batch) {
	ctx, n, first := b.Context, len(b.IDs), b.Cache.Len()
	if m.rope == nil {
		m.c.RoPE.Freqs = m.RoPEFreqs.Values
		m.rope = nn.NewRoPE(m.c.RoPE)
	}
	m.rope.At(first, n)
	hidden, outputs := m.c.HiddenSize, len(b.Logits)/m.c.VocabSize
	x := ctx.Floats(nn.BufferResidual, n*hidden)
	m.Embed.Forward(x, b.IDs)
	for i := range m.Blocks {
		m.attention(b, i, x, first)
		// Beyond the last layer's keys and values only the rows with an output count.
		if i == len(m.Blocks)-1 {
			x = x[(n-outputs)*hidden:]
		}
		if len(x) > 0 {
			m.ffn(ctx, &m.Blocks[i], x, len(x)/hidden)
		}
	}
	b.Cache.Advance(n)
	if outputs > 0 {
		m.Norm.Forward(x, x)
		ctx.Input(x, outputs)
		m.Output.Forward(ctx, b.Logits)
	}
}

// attention adds the attention block's output to x.
func (m *llama) attention(b *Batch, layer int, x []float32, first int) {
	ctx, block, n, c := b.Context, &m.Blocks[layer], len(b.IDs), m.c
	h := ctx.Floats(nn.BufferNorm, len(x))
	block.AttnNorm.Forward(h, x)
	ctx.Input(h, n)
	width, kv := block.QKV.Rows(), c.NumKVHeads*c.HeadDim
	qkv := ctx.Floats(nn.BufferProj, n*width)
	block.QKV.Forward(ctx, qkv)

	mixed := ctx.Floats(nn.BufferMixed, n*(width-2*kv))
	scores := ctx.Floats(nn.BufferScores, b.Cache.Cap())
	cache, observe := b.Cache.Layer(layer), b.observer(layer)
	for t := range n {
		row := qkv[t*width : (t+1)*width]
		q, k, v := row[:width-2*kv], row[width-2*kv:width-kv], row[width-kv:]
		m.rope.Rotate(row[:width-kv], c.HeadDim, t) // q and k in one go
		if c.TemperatureScale != 0 {
			kernel.Scale(q, temperature(c, first+t))
		}
		cache.Put(first+t, k, v)
		m.attn.Forward(mixed[t*len(q):(t+1)*len(q)], q, cache, first+t, scores, observe)
	}
	ctx.Input(mixed, n)
	block.AttnOut.Forward(ctx, h)
	kernel.Add(x, h)
}

// ffn adds the feed-forward block's output to x.
func (m *llama) ffn(ctx *nn.Context, block *llamaBlock, x []float32, n int) {
	h := ctx.Floats(nn.BufferNorm, len(x))
	block.FFNNorm.Forward(h, x)
	ctx.Input(h, n)
	gateUp := ctx.Floats(nn.BufferProj, n*block.GateUp.Rows())
	block.GateUp.Forward(ctx, gateUp)
	act := ctx.Floats(nn.BufferMixed, len(gateUp)/2)
	nn.SwiGLU(act, gateUp, n)
	ctx.Input(act, n)
	block.Down.Forward(ctx, h)
	kernel.Add(x, h)
}

// temperature is the scale of a query that Mistral 3 applies after the rotation:
// 1 + β ln(1 + ⌊position/original context⌋).
func temperature(c *Config, position int) float32 {
	return float32(1 + c.TemperatureScale*math.Log(float64(1+position/c.RoPE.OriginalContext)))
}

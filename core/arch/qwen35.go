// Qwen3.5 decoder: most blocks have a gated delta rule, which keeps a matrix for each
// head in place of keys and values, and every few one has attention, whose output a
// gate of the query's making scales. SwiGLU everywhere.
// Papers: Yang et al., "Gated Delta Networks", arXiv:2412.06464; gated attention, arXiv:2505.06708.
// Reference: transformers models/qwen3_5/modeling_qwen3_5.py; llama.cpp src/models/qwen35.cpp.

package arch

import (
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("qwen35", newQwen35) }

type qwen35 struct {
	decoder
	rotary
	Blocks []qwen35Block `gguf:"blk"`
	Norm   nn.RMSNorm    `gguf:"output_norm" dim:"hidden"`
}

type qwen35Block struct {
	Norm      nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	Delta     *deltaRule // or
	Attention *gatedAttention
	FFNNorm   nn.RMSNorm `gguf:"post_attention_norm" dim:"hidden"`
	gatedFFN
}

// gatedAttention has rows of a query and its gate for each head.
type gatedAttention struct {
	QKV   nn.Linear  `gguf:"attn_q+attn_k+attn_v" dim:"q and gate+kv+kv,hidden"`
	QNorm nn.RMSNorm `gguf:"attn_q_norm" dim:"head"`
	KNorm nn.RMSNorm `gguf:"attn_k_norm" dim:"head"`
	headsOutput
}

func newQwen35(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true // sections of positions are the same for text
	if k.number("nextn_predict_layers", 0) != 0 {
		return nil, &errs.UnsupportedError{What: "layers that predict further tokens"}
	}
	interval := k.size("full_attention_interval", 4, maxLayers)
	k.deltaRule(c)
	m := &qwen35{Blocks: make([]qwen35Block, c.NumLayers)}
	for i := range m.Blocks {
		if (i+1)%interval == 0 {
			m.Blocks[i].Attention = new(gatedAttention)
		} else {
			m.Blocks[i].Delta = new(deltaRule)
			c.Layers[i].State = c.deltaState()
		}
	}
	m.decoder = newDecoder(c)
	return m, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *qwen35) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.Norm.Forward(h, x)
		if block.Delta != nil {
			block.Delta.mix(b, m.c, i, h)
		} else {
			a := block.Attention
			qkv, gates := a.project(b, &m.decoder, h)
			m.normHeads(b, qkv, &a.QNorm, &a.KNorm)
			m.rotate(&m.decoder, b, i, qkv)
			a.attendGated(b, &m.decoder, i, qkv, gates, h)
		}
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

// project is that of selfAttention, with gates [tokens, q].
func (a *gatedAttention) project(b *Batch, d *decoder, h []float32) (qkv, gates []float32) {
	n, hd, heads := len(b.IDs), d.c.HeadDim, d.c.heads.Len()
	b.Context.Input(h, n)
	all := b.Context.Floats(nn.BufferBranch, n*a.QKV.Rows())
	a.QKV.Forward(b.Context, all)
	qkv = b.Context.Floats(nn.BufferProj, n*(heads+2*d.c.kvHeads.Len())*hd)
	gates = b.Context.Floats(nn.BufferExpert, n*heads*hd)
	for t := range n {
		row := all[t*a.QKV.Rows() : (t+1)*a.QKV.Rows()]
		q, k, v := d.heads(qkv, t)
		for i := range heads {
			copy(q[i*hd:(i+1)*hd], row[2*i*hd:])
			copy(gates[(t*heads+i)*hd:(t*heads+i+1)*hd], row[(2*i+1)*hd:])
		}
		copy(k, row[2*heads*hd:])
		copy(v, row[2*heads*hd+len(k):])
	}
	return qkv, gates
}

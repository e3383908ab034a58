// Jina BERT 2 encoder: BERT with ALiBi to both sides in place of learned positions, and
// GeGLU. That for code has norms of queries and keys over all heads, and a second
// norm behind attention, of the first's output and the block's input.
// Paper: arXiv:2310.19923. Reference: modeling_bert.py of jinaai/jina-bert-implementation and
// jinaai/jina-bert-v2-qk-post-norm at Hugging Face; llama.cpp src/models/bert.cpp.

package arch

import (
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("jina-bert-v2", newJinaBERT) }

type jinaBERT struct {
	encoder
	Blocks []jinaBERTBlock `gguf:"blk"`
}

type jinaBERTBlock struct {
	wideAttention
	QNorm nn.LayerNorm `gguf:"attn_q_norm,optional" dim:"all q"`
	KNorm nn.LayerNorm `gguf:"attn_k_norm,optional" dim:"all kv"`
	gatedFFN
	postNorms
	SecondNorm nn.LayerNorm `gguf:"attn_norm_2,optional" dim:"hidden"`
}

func newJinaBERT(c *Config, k *keys) (Decoder, error) {
	c.Gate = nn.GeGLU
	m := &jinaBERT{encoder: newEncoder(c, k), Blocks: make([]jinaBERTBlock, c.NumLayers)}
	slopes := attention.NewALiBi(c.NumHeads).Slopes[c.heads.From:c.heads.To]
	for i := range m.attn {
		m.attn[i].Bias = &attention.ALiBi{Slopes: slopes}
	}
	return m, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *jinaBERT) Forward(b *Batch) {
	x, h := m.begin(b)
	m.EmbedNorm.Forward(x, x)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		qkv := block.project(b, &m.decoder, x, &block.QNorm, &block.KNorm)
		block.attend(b, &m.decoder, i, qkv, h)
		var in []float32
		if block.SecondNorm.Present() {
			in = m.branch(b)
			copy(in, x)
		}
		x, h = block.addAttention(b, &m.decoder, i, x, h)
		if in != nil {
			kernel.Add(x, in)
			block.SecondNorm.Forward(x, x)
			copy(h, x)
		}

		block.feedForward(b.Context, m.c, h)
		block.addFFN(b, &m.decoder, i, x, h)
	}
	m.finish(b, x)
}

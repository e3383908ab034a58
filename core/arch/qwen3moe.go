// Qwen3 MoE decoder: that of Qwen3, with a mixture of experts for the feed-forward
// network.
// Paper: arXiv:2505.09388. Reference: transformers models/qwen3_moe/modeling_qwen3_moe.py; llama.cpp src/models/qwen3moe.cpp.

package arch

import "github.com/gander-lm/gander/core/nn"

func init() { register("qwen3moe", newQwen3MoE) }

type qwen3moe struct {
	decoder
	rotary
	Blocks []qwen3moeBlock `gguf:"blk"`
	Norm   nn.RMSNorm      `gguf:"output_norm" dim:"hidden"`

	routing routing
}

type qwen3moeBlock struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	QNorm   nn.RMSNorm `gguf:"attn_q_norm" dim:"head"`
	KNorm   nn.RMSNorm `gguf:"attn_k_norm" dim:"head"`
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	mixture
}

func newQwen3MoE(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	qwenMixture(c, k)
	return &qwen3moe{decoder: newDecoder(c), Blocks: make([]qwen3moeBlock, c.NumLayers)}, nil
}

// qwenMixture reads the sizes of a mixture. In files that don't say that of an expert,
// all that a token uses are as large as feed_forward_length.
func qwenMixture(c *Config, k *keys) {
	k.mixture(c, c.FFNSize/k.size("expert_used_count", 0, maxWidth))
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *qwen3moe) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.normHeads(b, qkv, &block.QNorm, &block.KNorm)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, &m.routing, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

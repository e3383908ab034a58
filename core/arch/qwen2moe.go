// Qwen2 MoE decoder: that of Qwen2, with a mixture of experts for the feed-forward
// network and beside it an expert that all tokens use, behind a gate. The router's
// weights don't sum to 1.
// Paper: arXiv:2407.10671. Reference: transformers models/qwen2_moe/modeling_qwen2_moe.py; llama.cpp src/models/qwen2moe.cpp.

package arch

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("qwen2moe", newQwen2MoE) }

type qwen2moe struct {
	decoder
	rotary
	Blocks []qwen2moeBlock `gguf:"blk"`
	Norm   nn.RMSNorm      `gguf:"output_norm" dim:"hidden"`

	routing routing
}

type qwen2moeBlock struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	selfAttention
	FFNNorm nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	mixture
	sharedExpert
}

// sharedExpert is a gated network that every token uses, times the sigmoid of a
// further row of the router.
type sharedExpert struct {
	SharedRouter nn.Vector `gguf:"ffn_gate_inp_shexp" dim:"hidden"`
	SharedGateUp nn.Linear `gguf:"ffn_gate_shexp+ffn_up_shexp" dim:"shared+shared,hidden"`
	SharedDown   nn.Halved `gguf:"ffn_down_shexp" dim:"hidden,shared"`
}

func newQwen2MoE(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	c.KeepSoftmax = true
	qwenMixture(c, k)
	k.shared(c, c.FFNSize)
	return &qwen2moe{decoder: newDecoder(c), Blocks: make([]qwen2moeBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h and a what a
// block adds to it.
func (m *qwen2moe) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		a := m.branch(b)[:len(h)]
		copy(a, h)
		block.feedForward(b.Context, m.c, &m.routing, h)
		block.share(b.Context, m.c, a)
		kernel.Add(h, a)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

// share writes the shared expert's output over its input h, of any number of rows.
func (s *sharedExpert) share(ctx *nn.Context, c *Config, h []float32) {
	n := len(h) / c.HiddenSize
	if n == 0 {
		return
	}
	gates := ctx.Floats(nn.BufferExpert, n)
	for t := range gates {
		gates[t] = sigmoid(kernel.Dot(h[t*c.HiddenSize:(t+1)*c.HiddenSize], s.SharedRouter.Values))
	}
	gated(ctx, c, &s.SharedGateUp, &s.SharedDown, c.sharedSplit, h)
	for t, g := range gates {
		kernel.Scale(h[t*c.HiddenSize:(t+1)*c.HiddenSize], g)
	}
}

func sigmoid(x float32) float32 { return 1 / (1 + kernel.Exp(-x)) }

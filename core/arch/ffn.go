package arch

import (
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// gatedFFN is a block's feed-forward network down(f(gate·h) * up·h), f being that of
// Config.Gate. Gate and up may be one tensor, with the gate first.
// Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, eq. 6.
type gatedFFN struct {
	GateUp nn.Linear `gguf:"ffn_gate+ffn_up,alt:ffn_up" dim:"ffn+ffn,hidden"`
	Down   nn.Halved `gguf:"ffn_down" dim:"hidden,ffn"`
}

// feedForward writes the network's output over its input h, of any number of rows.
func (f *gatedFFN) feedForward(ctx *nn.Context, c *Config, h []float32) {
	gated(ctx, c, &f.GateUp, &f.Down, c.ffnSplit, h)
}

// gated is the feedForward of a gatedFFN; split is how the workers divide its hidden
// values.
func gated(ctx *nn.Context, c *Config, gateUp *nn.Linear, down *nn.Halved, split shard.Split, h []float32) {
	n := len(h) / c.HiddenSize
	if n == 0 {
		return
	}
	ctx.Input(h, n)
	values := ctx.Floats(nn.BufferProj, n*gateUp.Rows())
	gateUp.Forward(ctx, values)
	c.Gate(ctx.Part(nn.BufferMixed, n, split), values, n)
	down.ForwardParts(ctx, nn.BufferMixed, n, split, h)
}

// plainFFN is a feed-forward network down(f(up·h)).
type plainFFN struct {
	Up   nn.Linear `gguf:"ffn_up" dim:"ffn,hidden"`
	Down nn.Halved `gguf:"ffn_down" dim:"hidden,ffn"`
}

// forward writes the network's output, with f in place of its hidden values, over its input h, of any
// number of rows.
func (p *plainFFN) forward(ctx *nn.Context, c *Config, h []float32, f func(x []float32)) {
	n := len(h) / c.HiddenSize
	if n == 0 {
		return
	}
	ctx.Input(h, n)
	hidden := ctx.Part(nn.BufferMixed, n, c.ffnSplit)
	p.Up.Forward(ctx, hidden)
	f(hidden)
	p.Down.ForwardParts(ctx, nn.BufferMixed, n, c.ffnSplit, h)
}

// geluFFN is the feed-forward network down(gelu(up·h)).
type geluFFN struct{ plainFFN }

// feedForward writes the network's output over its input h, of any number of rows.
func (f *geluFFN) feedForward(ctx *nn.Context, c *Config, h []float32) { f.forward(ctx, c, h, nn.GELU) }

// reluFFN is the feed-forward network down(relu(up·h)), as in the first Transformer: Vaswani et
// al., arXiv:1706.03762, eq. 2.
type reluFFN struct{ plainFFN }

// feedForward writes the network's output over its input h, of any number of rows.
func (f *reluFFN) feedForward(ctx *nn.Context, c *Config, h []float32) { f.forward(ctx, c, h, nn.ReLU) }

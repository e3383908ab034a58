package arch

import "github.com/gander-lm/gander/core/nn"

// gatedFFN is a block's feed-forward network down(f(gate·h) * up·h). Gate and up
// may be one tensor, with the gate first.
type gatedFFN struct {
	GateUp nn.Linear `gguf:"ffn_gate+ffn_up,alt:ffn_up" dim:"ffn+ffn,hidden"`
	Down   nn.Linear `gguf:"ffn_down" dim:"hidden,ffn"`
}

// run writes the network's output over its input h, of any number of rows.
func (f *gatedFFN) run(ctx *nn.Context, c *Config, h []float32, gate nn.Gate) {
	n := len(h) / c.HiddenSize
	if n == 0 {
		return
	}
	ctx.Input(h, n)
	gateUp := ctx.Floats(nn.BufferProj, n*f.GateUp.Rows())
	f.GateUp.Forward(ctx, gateUp)
	gate(ctx.Part(nn.BufferMixed, n, c.ffnSplit), gateUp, n)
	ctx.Input(ctx.Whole(nn.BufferMixed, n, c.ffnSplit), n)
	f.Down.Forward(ctx, h)
}

// swiGLU is gatedFFN with silu.
// Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, eq. 6.
type swiGLU struct{ gatedFFN }

// feedForward writes the network's output over its input h, of any number of rows.
func (f *swiGLU) feedForward(ctx *nn.Context, c *Config, h []float32) { f.run(ctx, c, h, nn.SwiGLU) }

// geGLU is gatedFFN with gelu. Shazeer, arXiv:2002.05202, eq. 6.
type geGLU struct{ gatedFFN }

// feedForward writes the network's output over its input h, of any number of rows.
func (f *geGLU) feedForward(ctx *nn.Context, c *Config, h []float32) { f.run(ctx, c, h, nn.GeGLU) }

// geluFFN is the feed-forward network down(gelu(up·h)).
type geluFFN struct {
	Up   nn.Linear `gguf:"ffn_up" dim:"ffn,hidden"`
	Down nn.Linear `gguf:"ffn_down" dim:"hidden,ffn"`
}

// feedForward writes the network's output over its input h, of any number of rows.
func (f *geluFFN) feedForward(ctx *nn.Context, c *Config, h []float32) {
	n := len(h) / c.HiddenSize
	if n == 0 {
		return
	}
	ctx.Input(h, n)
	hidden := ctx.Part(nn.BufferMixed, n, c.ffnSplit)
	f.Up.Forward(ctx, hidden)
	nn.GELU(hidden)
	ctx.Input(ctx.Whole(nn.BufferMixed, n, c.ffnSplit), n)
	f.Down.Forward(ctx, h)
}

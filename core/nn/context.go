package nn

import (
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// Context is the memory that a forward pass works in. It belongs to one session
// and grows to the largest batch that it has seen; after that nothing is allocated.
type Context struct {
	Attention attention.Workspace
	Group     shard.Group // the workers that share the model; nil if there is one

	acts    kernel.Activations
	ws      quant.Workspace
	part    []float32
	buffers [numBuffers][]float32
	scaled  shard.Split // of the exchange at hand
}

// Buffer names a piece of a Context's memory.
type Buffer int

// The buffers of a decoder layer.
const (
	BufferResidual Buffer = iota // residual stream
	BufferNorm                   // its norm, the input of a linear layer
	BufferProj                   // output of the first linear layer of a block: q, k and v, or gate and up
	BufferMixed                  // heads' outputs, or the hidden FFN activation
	BufferBranch                 // a second working value, of blocks whose halves run side by side
	BufferExpert                 // the inputs of one expert of a mixture
	BufferLayers                 // what each layer takes from the tokens themselves
	bufferWhole                  // what Whole puts together
	bufferRows                   // rows of a product that are to be exchanged
	bufferHalf                   // the columns of an input that this worker has
	numBuffers
)

// Floats returns n float32 of buffer b; what it held before is lost.
func (c *Context) Floats(b Buffer, n int) []float32 {
	if cap(c.buffers[b]) < n {
		c.buffers[b] = make([]float32, n)
	}
	return c.buffers[b][:n]
}

// Bytes returns the size of the memory held, in bytes.
func (c *Context) Bytes() int64 {
	n := cap(c.part) * 4
	for _, b := range c.buffers {
		n += 4 * cap(b)
	}
	return int64(n) + c.acts.Bytes() + c.Attention.Bytes() + c.ws.Bytes()
}

// Input makes x [tokens, cols] the input of the linear layers that follow; it is
// quantised once, when the first of them needs it. x must not change meanwhile.
func (c *Context) Input(x []float32, tokens int) {
	c.acts.Resize(x, tokens, len(x)/tokens)
}

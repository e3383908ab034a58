package nn

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
)

// Linear computes x·Wᵀ + b. W may be several matrices on top of each other
// (query, key and value, say), which are then one product.
type Linear struct {
	parts []*quant.Matrix // one, unless the matrices have different layouts
	bias  []float32       // [output], nil without a bias
	rows  int
}

// Rows returns the length of an output row.
func (l *Linear) Rows() int { return l.rows }

// Forward writes the product of c's input [tokens, input] to dst [tokens, Rows()].
func (l *Linear) Forward(c *Context, dst []float32) {
	a := &c.acts
	if len(l.parts) == 1 {
		l.multiply(c, dst, l.parts[0])
	} else {
		at := 0
		for _, m := range l.parts {
			if n := a.Tokens * m.Rows; cap(c.part) < n {
				c.part = make([]float32, n)
			}
			out := c.part[:a.Tokens*m.Rows]
			l.multiply(c, out, m)
			for t := range a.Tokens {
				copy(dst[t*l.rows+at:], out[t*m.Rows:(t+1)*m.Rows])
			}
			at += m.Rows
		}
	}
	if l.bias != nil {
		for t := range a.Tokens {
			kernel.Add(dst[t*l.rows:(t+1)*l.rows], l.bias)
		}
	}
}

func (l *Linear) multiply(c *Context, dst []float32, m *quant.Matrix) {
	if m.Layout != quant.Dense {
		c.acts.Quantize()
	}
	m.MatMul(dst, &c.acts, &c.ws)
}

// Embedding maps token ids to vectors.
type Embedding struct {
	table *quant.Matrix // [vocabulary, hidden]
}

// VocabSize returns the number of ids.
func (e *Embedding) VocabSize() int { return e.table.Rows }

// Forward writes the vectors of ids to dst [len(ids), hidden].
func (e *Embedding) Forward(dst []float32, ids []int32) {
	n := e.table.Cols
	for i, id := range ids {
		e.table.Row(dst[i*n:(i+1)*n], int(id))
	}
}

// RMSNorm is kernel.RMSNorm with its weight.
type RMSNorm struct {
	weight []float32 // [hidden]
	eps    float32
}

// Forward writes the norm of x [tokens, hidden] to dst, which may be x.
func (n *RMSNorm) Forward(dst, x []float32) { kernel.RMSNorm(dst, x, n.weight, n.eps) }

// Vector is a small tensor that is used as it is.
type Vector struct {
	Values []float32 // nil if the tensor is optional and absent
}

// SwiGLU computes silu(gate)*up of rows that hold gate and up side by side.
// x [tokens, 2*n] f32, dst [tokens, n].
func SwiGLU(dst, x []float32, tokens int) {
	n := len(dst) / tokens
	for t := range tokens {
		row := x[2*t*n : 2*(t+1)*n]
		kernel.SwiGLU(dst[t*n:(t+1)*n], row[:n], row[n:])
	}
}

package nn

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/profile"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// Linear computes x·Wᵀ + b. W may be several matrices on top of each other
// (query, key and value, say), which are then one product.
//
// Of several workers each multiplies its own rows. Where the rows are a dimension
// that the workers divide among them (Dims.Parts), that is all; otherwise they
// exchange what they have, and all get all of it.
type Linear struct {
	parts []*quant.Matrix // this worker's rows; one, unless the matrices have different layouts
	bias  []float32       // of this worker's rows, nil without a bias
	rows  int
	split shard.Split // of the rows that are exchanged; nil if a worker keeps its own
}

// Rows returns the length of an output row: that of all workers, or of this one
// where each keeps its own.
func (l *Linear) Rows() int { return l.rows }

// Forward writes the product of c's input [tokens, input] to dst [tokens, Rows()].
func (l *Linear) Forward(c *Context, dst []float32) {
	if x := l.begin(c, dst); x != nil {
		c.Group.AllGather(x, c.scale(l.split, c.acts.Tokens))
		l.end(c, dst, x)
	}
}

// ForwardFirst is Forward for worker 0 alone; on the others dst has no meaning.
func (l *Linear) ForwardFirst(c *Context, dst []float32) {
	if x := l.begin(c, dst); x != nil {
		c.Group.Gather(x, c.scale(l.split, c.acts.Tokens))
		l.end(c, dst, x)
	}
}

// Row writes the weights of a row, as the products have them, to dst [input] on worker 0
// and returns its bias there. All workers call it. The rows must not be such that a
// worker keeps its own.
func (l *Linear) Row(c *Context, dst []float32, row int) float32 {
	x, s := make([]float32, len(dst)+1), shard.Split{0, len(dst) + 1} // the bias behind the weights
	own := shard.Range{To: l.rows}
	exchanged := l.split != nil && c.size() > 1
	if exchanged {
		own, s = l.split.Of(c.rank()), s[:0]
		for r := range c.size() + 1 {
			s = append(s, 0)
			if r > l.split.Owner(row) {
				s[r] = len(x)
			}
		}
	}
	if own.From <= row && row < own.To {
		at := row - own.From
		if l.bias != nil {
			x[len(dst)] = l.bias[at]
		}
		for _, m := range l.parts {
			if at < m.Rows {
				m.Row(x[:len(dst)], at)
				break
			}
			at -= m.Rows
		}
	}
	if exchanged {
		c.Group.Gather(x, s)
	}
	copy(dst, x)
	return x[len(dst)]
}

// begin computes this worker's rows. If they are to be exchanged it returns the
// memory of all, worker by worker, which is dst if there is one token.
func (l *Linear) begin(c *Context, dst []float32) []float32 {
	if l.split == nil || c.size() == 1 {
		l.product(c, dst)
		return nil
	}
	x, tokens, own := dst, c.acts.Tokens, l.split.Of(c.rank())
	if tokens > 1 {
		x = c.Floats(bufferRows, len(dst))
	}
	l.product(c, x[tokens*own.From:tokens*own.To])
	return x
}

// end puts the rows x that begin returned in order.
func (l *Linear) end(c *Context, dst, x []float32) {
	if c.acts.Tokens > 1 {
		interleave(dst, x, c.acts.Tokens, l.split)
	}
}

// product writes this worker's rows to dst [tokens, own].
func (l *Linear) product(c *Context, dst []float32) {
	if len(dst) == 0 {
		return
	}
	tokens := c.acts.Tokens
	rows := len(dst) / tokens
	if len(l.parts) == 1 {
		l.multiply(c, dst, l.parts[0])
	} else {
		at := 0
		for _, m := range l.parts {
			if n := tokens * m.Rows; cap(c.part) < n {
				c.part = make([]float32, n)
			}
			out := c.part[:tokens*m.Rows]
			l.multiply(c, out, m)
			for t := range tokens {
				copy(dst[t*rows+at:], out[t*m.Rows:(t+1)*m.Rows])
			}
			at += m.Rows
		}
	}
	l.addBias(dst, tokens)
}

// addBias adds the bias to this worker's rows x [tokens, own].
func (l *Linear) addBias(x []float32, tokens int) {
	if l.bias == nil {
		return
	}
	for n := len(x) / tokens; len(x) > 0; x = x[n:] {
		kernel.Add(x[:n], l.bias)
	}
}

func (l *Linear) multiply(c *Context, dst []float32, m *quant.Matrix) {
	if m.Layout != quant.Dense {
		before := profile.Enter(profile.Quantize)
		m.Quantize(&c.acts)
		profile.Leave(before)
	}
	before := profile.Enter(profile.Matmul)
	m.MatMul(dst, &c.acts, &c.ws)
	profile.Leave(before)
}

// Embedding maps token ids to vectors.
type Embedding struct {
	table *quant.Matrix // this worker's rows of [vocabulary, hidden]
	split shard.Split   // of the vocabulary
}

// Forward writes the vectors of ids to dst [len(ids), hidden].
func (e *Embedding) Forward(c *Context, dst []float32, ids []int32) {
	n, rank := len(dst)/len(ids), c.rank()
	if c.size() == 1 {
		for i, id := range ids {
			e.table.Row(dst[i*n:(i+1)*n], int(id))
		}
		return
	}
	// Worker by worker, each its ids in their order.
	x, s, at := c.Floats(bufferRows, len(dst)), append(c.scaled[:0], 0), 0
	first := e.split.Of(rank).From
	for r := range c.size() {
		for _, id := range ids {
			if e.split.Owner(int(id)) != r {
				continue
			}
			if r == rank {
				e.table.Row(x[at:at+n], int(id)-first)
			}
			at += n
		}
		s = append(s, at)
	}
	c.scaled = s
	c.Group.AllGather(x, s)
	for i, id := range ids {
		r := e.split.Owner(int(id))
		copy(dst[i*n:(i+1)*n], x[s[r]:s[r]+n])
		s[r] += n // where the next one of this worker is
	}
}

// Vector is a small tensor that is used as it is.
type Vector struct {
	Values []float32 // nil if the tensor is optional and absent
}

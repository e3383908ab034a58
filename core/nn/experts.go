package nn

import (
	"strings"

	"github.com/gander-lm/gander/core/shard"
)

// Experts are the layers of a mixture of experts that stand in one place: a Linear
// for each expert, from tensors with the matrices of all, one behind the other. A
// worker computes its own rows and exchanges nothing.
type Experts struct {
	each []Linear
}

// Rows returns the length of an output row of this worker, where its rows are a
// dimension that the workers divide among them.
func (e *Experts) Rows() int { return e.each[0].rows }

// Split returns how the workers divide the rows, where they are no such dimension.
func (e *Experts) Split() shard.Split { return e.each[0].split }

// Forward writes an expert's product of c's input [tokens, input] to dst
// [tokens, own rows].
func (e *Experts) Forward(c *Context, expert int, dst []float32) { e.each[expert].product(c, dst) }

// experts binds a layer; the first size in dim is their number.
func (b *Binder) experts(e *Experts, prefix, name, option, dim string) error {
	count, dim, _ := strings.Cut(dim, ",")
	all, err := b.pieces(prefix, name, option, count+",", dim)
	if err != nil {
		return err
	}
	e.each = make([]Linear, b.sizes(count))
	pieces := make([]piece, len(all))
	for i := range e.each {
		copy(pieces, all)
		for k := range pieces {
			p := &pieces[k]
			first := i * (p.tensor.Rows() / len(e.each))
			p.rows = shard.Range{From: first + p.rows.From, To: first + p.rows.To}
		}
		b.own(&e.each[i], pieces, false)
		if err := b.stack(&e.each[i], pieces); err != nil {
			return err
		}
	}
	if e.Split() != nil { // all hidden values before, all outputs behind
		b.exchanged()
		b.exchanged()
	}
	return nil
}

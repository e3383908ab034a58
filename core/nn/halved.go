package nn

import (
	"strings"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// Halved is a Linear whose input the workers have computed apart: the second matrix of
// a pair, behind the heads of attention or the hidden values of a feed-forward network.
//
// If it is packed and a block of weights ends where the second of two workers' part of
// the input begins, its columns are in two halves there, and a value is the sum of two
// sums, y = (x₁·W₁ᵀ + x₂·W₂ᵀ) + b. Two workers then have a half each, and exchange
// nothing but their sums (Shoeybi et al., "Megatron-LM", arXiv:1909.08053, §3). Any other
// number of workers divides the rows and makes both sums of each, so that the bits
// don't depend on the number.
type Halved struct {
	linear Linear      // not embedded: its other products are wrong for one of two workers
	half   shard.Range // the columns that this one of two workers has; empty otherwise
}

// Forward writes the product of c's input [tokens, input] to dst [tokens, output]. c
// has no input afterwards.
func (l *Halved) Forward(c *Context, dst []float32) {
	if l.half.Len() == 0 {
		l.linear.Forward(c, dst)
		return
	}
	x, tokens := c.acts.X, c.acts.Tokens
	own, n, width := c.Floats(bufferHalf, tokens*l.half.Len()), l.half.Len(), len(x)/tokens
	for t := range tokens {
		copy(own[t*n:(t+1)*n], x[t*width+l.half.From:])
	}
	c.Input(own, tokens)
	l.sum(c, dst)
}

// ForwardParts is Forward with the input [tokens, s.Total()] in buffer b, in which each
// worker has filled its Part.
func (l *Halved) ForwardParts(c *Context, b Buffer, tokens int, s shard.Split, dst []float32) {
	if l.half.Len() == 0 {
		c.Input(c.Whole(b, tokens, s), tokens)
		l.linear.Forward(c, dst)
		return
	}
	c.Input(c.Part(b, tokens, s), tokens)
	l.sum(c, dst)
}

// sum writes to dst what c's input, this worker's half, and that of the other give.
func (l *Halved) sum(c *Context, dst []float32) {
	n, rank := len(dst), c.rank()
	x := c.Floats(bufferRows, 2*n)
	l.linear.multiply(c, x[rank*n:(rank+1)*n], l.linear.parts[0])
	c.scaled = append(c.scaled[:0], 0, n, 2*n)
	c.Group.AllGather(x, c.scaled)
	copy(dst, x[:n])
	kernel.Add(dst, x[n:])
	l.linear.addBias(dst, c.acts.Tokens)
}

// halved binds a layer, in halves if it can be.
func (b *Binder) halved(l *Halved, prefix, name, option, dim string) error {
	pieces, err := b.pieces(prefix, name, option, "", dim)
	if err != nil {
		return err
	}
	p := &pieces[0]
	typ, err := p.tensor.Type()
	if err != nil {
		return err
	}
	b.exchanged() // the input, or the sums
	_, input, _ := strings.Cut(dim, ",")
	at, cols, layout := b.Halves[input], p.tensor.Cols(), typ.Layout(p.tensor.Cols())
	if at <= 0 || at >= cols || at%kernel.BlockLen != 0 || layout == quant.Dense {
		return b.linear(&l.linear, prefix, name, option, dim)
	}
	m := &joined{cols: cols, half: at, layout: layout, matrix: &quant.Matrix{}}
	if b.Group.Size() == 2 {
		l.half = [2]shard.Range{{To: at}, {From: at, To: cols}}[b.Group.Rank()]
		m.cols, m.half = l.half.Len(), 0
	}
	b.own(&l.linear, pieces, l.half.Len() > 0 || option == "whole" && b.repeats(pieces))
	if l.linear.split != nil {
		b.exchanged()
	}
	m.rows = p.rows.Len()
	l.linear.parts = []*quant.Matrix{m.matrix}
	b.joins = append(b.joins, m)
	b.jobs = append(b.jobs, job{slice: p.slice, into: m, from: l.half.From})
	return b.bias(&l.linear, pieces)
}

package core

import "github.com/gander-lm/gander/core/kernel"

// batchCost says what a batch costs whose tokens all get logits, in steps of one
// token, for more than one: of few, which go through each matrix one after the other, and
// of many (kernel.FewTokens). It is a fixed model, not a clock, so that a run can be
// repeated; docs/speculation.md has figures.
type batchCost struct{ few, many line }

// line is fixed + token*n.
type line struct{ fixed, token float64 }

// denseBatchCost: products with float32 weights take one token after the other.
var denseBatchCost = batchCost{few: line{token: 1}, many: line{token: 1}}

// costOf returns the cost of a model's batches.
func costOf(m *Model) batchCost {
	if m.info.Memory.Weights > 2*m.info.Parameters { // more than two bytes a weight: mostly float32
		return denseBatchCost
	}
	return packedBatchCost
}

// of returns the cost of a batch of n tokens.
func (c batchCost) of(n int) float64 {
	if n == 1 {
		return 1
	}
	l := c.few
	if n >= kernel.FewTokens {
		l = c.many
	}
	return l.fixed + l.token*float64(n)
}

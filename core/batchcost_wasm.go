//go:build go1.27 && !purego

package core

// packedBatchCost: a batch unpacks all weights to int16 first, and then each token
// takes most of a step, for a step alone runs near the limits of both memory and
// processor. docs/speculation.md has what was measured.
var packedBatchCost = batchCost{fixed: 1.8, token: 0.68}

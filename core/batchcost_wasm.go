//go:build go1.27 && !purego

package core

// packedBatchCost: unpacking all weights to int16 takes more than a step, and then
// each token most of one, for a step runs at the speed of memory and near that of
// the processor. Measured in Chromium 148 with models of 135 and 3 million weights
// and all int8 or most int4: 3.2 steps for 2 tokens, 8 for 9, 13 for 17.
var packedBatchCost = batchCost{fixed: 2.3, token: 0.64}

//go:build purego || !(wasm && go1.27)

package core

// packedBatchCost: the plain loops take longer for each token of a batch than for
// one alone, so that no batch pays.
var packedBatchCost = batchCost{token: 1.7}

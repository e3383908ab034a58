//go:build purego || !(wasm && go1.27)

package core

// packedBatchCost: the plain loops take one token after the other.
var packedBatchCost = denseBatchCost

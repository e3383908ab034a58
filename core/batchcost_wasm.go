//go:build go1.27 && !purego

package core

// packedBatchCost: a further token has no memory to wait for, but a step alone is near
// the limits of the processor too; many tokens unpack all weights to int16 first.
// docs/speculation.md has what was measured.
var packedBatchCost = batchCost{few: line{0.4, 0.76}, many: line{3, 0.67}}

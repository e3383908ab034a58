package core

import "testing"

// SetBatchCost makes batches of n > 1 tokens cost fixed + token*n steps during a
// test, so that drafts are made in every build.
func SetBatchCost(t testing.TB, fixed, token float64) {
	packed, dense := packedBatchCost, denseBatchCost
	t.Cleanup(func() { packedBatchCost, denseBatchCost = packed, dense })
	packedBatchCost = batchCost{line{fixed, token}, line{fixed, token}}
	denseBatchCost = packedBatchCost
}

// SetImageRows puts rows [rows, hidden] in place of those of all pictures, of a model without followers.
func (m *Model) SetImageRows(rows []float32) {
	m.vision.rows = rows
	m.images.Store(int32(len(rows) / m.config.HiddenSize))
}

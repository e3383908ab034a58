package core_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/shard"
)

// TestMeasure checks that all workers of a group measure together, with as many exchanges as
// a model makes, and that what they find is possible: how fast a machine is, no test can know.
func TestMeasure(t *testing.T) {
	for _, size := range []int{1, 2, 3} {
		for _, c := range []struct {
			weights   int64
			exchanges int
			want      int // in once through the weights that are measured, with this many workers
		}{
			{1 << 40, 10, [3]int{3, 2, 1}[size-1]}, // of 48, 24 and 16 MB, one after 16 MB
			{5 << 40, 1 << 20, [3]int{10, 5, 3}[size-1]},
			{20 << 20, 4, [3]int{4, 4, 3}[size-1]}, // three workers measure 16 MB each
			{1 << 20, 0, 1},
			{1, 1, 1},
		} {
			groups := make([]countedGroup, size)
			var wg sync.WaitGroup
			for rank, group := range shard.Local(size) {
				groups[rank].Group = group
				wg.Go(func() {
					pace, err := core.Measure(&groups[rank], []string{"Q8_0", "Q4_0", "IQ1_S", "F16"}[size], c.weights, c.exchanges)
					assert.NoError(t, err)
					assert.Positive(t, pace.Together)
					assert.Equal(t, rank == 0, pace.Alone > 0)
				})
			}
			wg.Wait()
			for _, g := range groups { // seven times, and once more each before it
				require.Equal(t, 7*(c.want+1), g.n, "%d workers, %d bytes, %d exchanges", size, c.weights, c.exchanges)
			}
		}
	}
	pace, err := core.Measure(nil, "Q4_K", 1<<20, 0)
	require.NoError(t, err)
	require.Positive(t, pace.Alone)
	var option *errs.OptionError
	_, err = core.Measure(nil, "Q9", 1<<20, 1)
	require.ErrorAs(t, err, &option)
	_, err = core.Measure(nil, "Q8_0", 0, 1)
	require.ErrorAs(t, err, &option)
	_, err = core.Measure(nil, "Q8_0", 1<<20, -1)
	require.ErrorAs(t, err, &option)
}

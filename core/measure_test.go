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

// TestMeasure checks that all workers of a group measure together and that what they
// find is possible: how fast a machine is, no test can know.
func TestMeasure(t *testing.T) {
	for _, size := range []int{1, 2, 3} {
		speeds := make([]core.Speed, size)
		var wg sync.WaitGroup
		for rank, group := range shard.Local(size) {
			wg.Go(func() {
				var err error
				speeds[rank], err = core.Measure(group, []string{"Q8_0", "Q4_0", "IQ1_S", "F16"}[size])
				assert.NoError(t, err)
			})
		}
		wg.Wait()
		for _, s := range speeds {
			require.Positive(t, s.Rate)
			require.Equal(t, size > 1, s.Exchange > 0)
		}
	}
	alone, err := core.Measure(nil, "Q4_K")
	require.NoError(t, err)
	require.Zero(t, alone.Exchange)
	_, err = core.Measure(nil, "Q9")
	var option *errs.OptionError
	require.ErrorAs(t, err, &option)
}

package core

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/internal/coretest"
)

// TestSpeculatorLosesLittle writes texts that a reader of drafts would choose to do
// harm: at no time has more than the wager been lost, by the cost of the batches.
func TestSpeculatorLosesLittle(t *testing.T) {
	data := coretest.NewTiny().Bytes(t)
	m, err := Open(context.Background(), bytes.NewReader(data), int64(len(data)), Options{})
	require.NoError(t, err)
	for _, period := range []int{2, 3, 11} {
		for _, accepted := range []int{0, 1, 3} { // drafts of a batch
			t.Run(fmt.Sprintf("a loop of %d, drafts accepted: %d", period, accepted), func(t *testing.T) {
				SetBatchCost(t, 1.8, 0.68)
				s, err := m.NewSession()
				require.NoError(t, err)
				p := newSpeculator(s, 0, maxSpeculate)
				spent, rejections := 0.0, 0
				for n := range m.info.ContextLength - maxSpeculate {
					id := int32(3 + n%period)
					if p.row == accepted && len(p.batch) > accepted+1 {
						id = p.batch[accepted+1] + 1 // not what was drafted
						rejections++
					}
					_, err := p.next(s, id, maxSpeculate)
					require.NoError(t, err)
					if p.row == 0 { // a new batch
						spent += p.cost.of(len(p.batch))
					}
					require.LessOrEqual(t, spent, (1+wager)*float64(n+1)+1e-9, "after %d tokens", n+1)
				}
				assert.Positive(t, rejections, "it must be tempted")
			})
		}
	}
}

package core_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// TestQuantizedExperts: experts of packed integers are near those of float32, and
// have the same bits with any number of workers. A rounded router input may choose
// another expert, so the logits are compared in the mean.
func TestQuantizedExperts(t *testing.T) {
	for _, name := range []string{"mixtral_moe", "qwen2moe", "gpt_oss"} {
		f := coretest.Golden(t, name)
		data, err := os.ReadFile(f.ModelPath)
		require.NoError(t, err)
		exact, err := load(t, f).AllLogits(context.Background(), f.Prompt)
		require.NoError(t, err)
		var want [][]float32
		for workers := 1; workers <= 3; workers++ {
			m := openWorkers(t, data, workers, core.Options{Quantize: "q8_0"})
			got, err := m.AllLogits(context.Background(), f.Prompt)
			require.NoError(t, err)
			if workers == 1 {
				want = got
				sum, size := 0.0, 0.0
				for i := range got {
					for j := range got[i] {
						d := float64(got[i][j] - exact[i][j])
						sum, size = sum+d*d, size+float64(exact[i][j])*float64(exact[i][j])
					}
				}
				t.Logf("%s: relative error %.1e", name, sum/size)
				assert.Less(t, sum/size, 0.02)
				assert.NotZero(t, sum)
			}
			require.Equal(t, want, got, "%d workers", workers)
		}
	}
}

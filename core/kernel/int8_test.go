package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuantizeInt8(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for n := range 70 {
		x, q := make([]float32, n), make([]int8, n)
		values(r, x, 0)
		d := QuantizeInt8(q, x)
		for i := range x {
			require.InDelta(t, x[i], d*float32(q[i]), float64(d)*0.5001)
			require.NotEqual(t, int8(-128), q[i])
		}
	}
	q := make([]int8, 2)
	require.Equal(t, float32(0), QuantizeInt8(q, []float32{1e-40, 0}))
	require.Equal(t, []int8{0, 0}, q)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		d := QuantizeInt8(q, []float32{1, float32(bad)})
		require.True(t, d != d, "%v gives the scale %v", bad, d)
	}
	require.Panics(t, func() { QuantizeInt8(q, make([]float32, 3)) })
}

package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExp(t *testing.T) {
	worst := 0.0
	for i := -104000; i < 88700; i++ {
		x := float32(i) / 1000
		want := math.Exp(float64(x))
		if want < 0x1p-126 {
			require.InDelta(t, want, float64(Exp(x)), 0x1p-148, "Exp(%v) is subnormal", x)
			continue
		}
		worst = max(worst, math.Abs(float64(Exp(x))-want)/want)
	}
	assert.Less(t, worst, 0x1p-22, "relative error")
	for _, c := range []struct{ x, want float32 }{
		{0, 1}, {float32(math.Inf(-1)), 0}, {float32(math.Inf(1)), float32(math.Inf(1))}, {-1000, 0}, {89, float32(math.Inf(1))},
	} {
		assert.Equal(t, c.want, Exp(c.x), "Exp(%v)", c.x)
	}
	nan := Exp(float32(math.NaN()))
	assert.True(t, nan != nan, "Exp(NaN)")
}

func TestSoftmax(t *testing.T) {
	inf := float32(math.Inf(-1))
	for _, c := range []struct {
		name    string
		x, want []float32
	}{
		{"empty", nil, nil},
		{"one", []float32{-7}, []float32{1}},
		{"two equal", []float32{300, 300}, []float32{0.5, 0.5}},
		{"log of 1 2 3 4", []float32{0, 0.6931472, 1.0986123, 1.3862944}, []float32{0.1, 0.2, 0.3, 0.4}},
		{"masked", []float32{inf, 2, inf, 2, inf}, []float32{0, 0.5, 0, 0.5, 0}},
		{"all masked", []float32{inf, inf, inf}, []float32{0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			Softmax(c.x)
			require.InDeltaSlice(t, c.want, c.x, 1e-6)
		})
	}
}

// TestSoftmaxOfNaN: one spreads to the whole row, wherever it is.
func TestSoftmaxOfNaN(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, x := range [][]float32{{nan}, {1, nan, 2}, {nan, 1, 2, 3, 4, 5}, {inf, nan}, {inf, inf, inf, inf, nan}} {
		Softmax(x)
		for _, v := range x {
			require.True(t, v != v, "%v", x)
		}
	}
}

func TestRMSNorm(t *testing.T) {
	x := []float32{3, -4, 0, 0, 0, 0, 6, 8}
	w := []float32{1, 1, 2, 0.5}
	dst := make([]float32, 8)
	RMSNorm(dst, x, w, 0)
	// rms of the first row is 2.5, of the second 5.
	require.InDeltaSlice(t, []float32{1.2, -1.6, 0, 0, 0, 0, 2.4, 0.8}, dst, 1e-6)
	RMSNorm(x, x, w, 0)
	require.Equal(t, dst, x, "in place")
}

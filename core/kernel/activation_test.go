package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTanh(t *testing.T) {
	worst := 0.0
	for i := -20000; i <= 20000; i++ {
		x := float32(i) / 1000
		want := math.Tanh(float64(x))
		worst = max(worst, math.Abs(float64(Tanh(x))-want)/max(math.Abs(want), 0x1p-126))
	}
	assert.Less(t, worst, 0x1p-21, "relative error")
	inf := float32(math.Inf(1))
	for _, c := range []struct{ x, want float32 }{{0, 0}, {inf, 1}, {-inf, -1}, {1e30, 1}, {-1e-30, -1e-30}} {
		assert.Equal(t, c.want, Tanh(c.x), "Tanh(%v)", c.x)
	}
	nan := Tanh(float32(math.NaN()))
	assert.True(t, nan != nan, "Tanh(NaN)")
}

func TestSoftCap(t *testing.T) {
	x := []float32{0, 1, -1, 30, -300, 3000}
	want := make([]float32, len(x))
	for i, v := range x {
		want[i] = float32(50 * math.Tanh(float64(v)/50))
	}
	SoftCap(x, 50)
	assert.InDeltaSlice(t, want, x, 1e-5)
}

// TestGELU compares with the formula in float64: with the same relative error for
// negative values, where 1 + tanh is a difference of near numbers.
func TestGELU(t *testing.T) {
	worst := 0.0
	for i := -5000; i <= 20000; i++ {
		x := float64(float32(i) / 1000)
		u := math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x)
		want, got := x/(1+math.Exp(-2*u)), []float32{float32(x)}
		GELU(got, got)
		worst = max(worst, math.Abs(float64(got[0])-want)/max(math.Abs(want), 0x1p-126))
		require.InDelta(t, x/2*(1+math.Tanh(u)), want, 1e-14, "the forms are the same")
	}
	assert.Less(t, worst, 0x1p-18, "relative error") // exp multiplies that of u, which is up to 8 here
	big := []float32{-1e20, 1e20, -200, 200}
	GELU(big, big)
	assert.Equal(t, []float32{0, 1e20, 0, 200}, []float32{big[0] + 0, big[1], big[2] + 0, big[3]})
}

func TestGeGLUInPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	gate, up := make([]float32, 37), make([]float32, 37)
	values(r, gate, 0)
	values(r, up, 0)
	want := make([]float32, 37)
	GELU(want, gate)
	for i := range want {
		want[i] *= up[i]
	}
	GeGLU(gate, gate, up)
	sameBits(t, want, gate, "in place")
	assert.Panics(t, func() { GeGLU(gate, gate, up[1:]) })
	assert.Panics(t, func() { GELU(gate, gate[1:]) })
}

// TestLayerNorm compares with float64 over rows of all lengths, in place too.
func TestLayerNorm(t *testing.T) {
	const rows, eps = 3, 1e-5
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range append(lengths()[1:], 1000) {
		x, w, b := make([]float32, rows*n), make([]float32, n), make([]float32, n)
		values(r, x, 0)
		values(r, w, 0)
		values(r, b, 0)
		for i := range x {
			x[i] += 10 // a mean to take away
		}
		dst, check := guarded[float32](t, rows*n, 3)
		LayerNorm(dst, x, w, b, eps)
		check()
		for i := range rows {
			mean, variance := 0.0, 0.0
			for _, v := range x[i*n : (i+1)*n] {
				mean += float64(v) / float64(n)
			}
			for _, v := range x[i*n : (i+1)*n] {
				variance += (float64(v) - mean) * (float64(v) - mean) / float64(n)
			}
			for j, v := range x[i*n : (i+1)*n] {
				want := (float64(v)-mean)/math.Sqrt(variance+eps)*float64(w[j]) + float64(b[j])
				// Of n = 1 the difference with the mean is rounding alone, √eps divides it.
				require.InDelta(t, want, dst[i*n+j], 1e-4, "n=%d", n)
			}
		}
		plain := make([]float32, rows*n)
		LayerNorm(plain, x, w, nil, eps)
		for i := range rows {
			Add(plain[i*n:(i+1)*n], b)
		}
		sameBits(t, dst, plain, "without bias n=%d", n)
		LayerNorm(x, x, w, b, eps)
		sameBits(t, dst, x, "in place n=%d", n)
	}
	assert.Panics(t, func() { LayerNorm(make([]float32, 8), make([]float32, 8), make([]float32, 3), nil, eps) })
	assert.Panics(t, func() { LayerNorm(make([]float32, 8), make([]float32, 8), make([]float32, 4), make([]float32, 3), eps) })
}

// TestClampedSwiGLU compares with the formula in float64.
func TestClampedSwiGLU(t *testing.T) {
	var gate, up, want []float32
	for g := -20.0; g <= 20; g += 0.5 {
		for u := -10.0; u <= 10; u += 2.5 {
			gate, up = append(gate, float32(g)), append(up, float32(u))
			g, u := min(g, 7), min(7, max(-7, u))
			want = append(want, float32(g/(1+math.Exp(-1.702*g))*(u+1)))
		}
	}
	ClampedSwiGLU(gate, gate, up)
	assert.InDeltaSlice(t, want, gate, 1e-4)
	assert.Panics(t, func() { ClampedSwiGLU(gate, gate, up[1:]) })
}

package attention

import (
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRoPE compares rotations with the formula: pair i turns by position·base^(-2i/dims).
func TestRoPE(t *testing.T) {
	r := NewRoPE(RoPEConfig{Dims: 4, Base: 100, Factor: 1, AttnFactor: 1})
	r.At(7, 2)
	x := []float32{1, 2, 3, 4, 5, 6} // a head of 6, of which 4 rotate
	r.Rotate(x, 6, 1)
	a, b := 8.0, 8.0/10
	want := []float64{math.Cos(a) - 2*math.Sin(a), 2*math.Cos(a) + math.Sin(a), 3*math.Cos(b) - 4*math.Sin(b), 4*math.Cos(b) + 3*math.Sin(b), 5, 6}
	for i := range want {
		assert.InDelta(t, want[i], x[i], 1e-5)
	}
	// The same with the pairs (0, 2) and (1, 3).
	r = NewRoPE(RoPEConfig{Dims: 4, NeoX: true, Base: 100, Factor: 1, AttnFactor: 1})
	r.At(7, 2)
	x = []float32{1, 3, 2, 4, 5, 6}
	r.Rotate(x, 6, 1)
	for i, at := range []int{0, 2, 1, 3, 4, 5} {
		assert.InDelta(t, want[at], x[i], 1e-5)
	}
	// Linear scaling by 4 at position 8 is no scaling at position 2.
	scaled, plain := NewRoPE(RoPEConfig{Dims: 4, Base: 100, Scaling: "linear", Factor: 4, AttnFactor: 1}), NewRoPE(RoPEConfig{Dims: 4, Base: 100, Factor: 1, AttnFactor: 1})
	scaled.At(8, 1)
	plain.At(2, 1)
	assert.Equal(t, plain.cos, scaled.cos)
	assert.Equal(t, plain.sin, scaled.sin)
}

// TestRoPEBack: a key that turns back has the rotation of its new position, scaled once.
func TestRoPEBack(t *testing.T) {
	for _, c := range []RoPEConfig{
		{Dims: 4, Base: 100, Factor: 1},
		{Dims: 6, NeoX: true, Base: 100, Factor: 1},
		{Dims: 4, Base: 100, Scaling: "yarn", Factor: 4, OriginalContext: 64, BetaFast: 32, BetaSlow: 1, AttnFactor: 1.5},
	} {
		r := NewRoPE(c)
		key := func(position int) []float32 {
			x := []float32{1, 2, 3, 4, 5, 6, -1, 2, -3, 4, -5, 6} // two heads
			r.At(position, 1)
			r.Rotate(x, 6, 0)
			return x
		}
		x := key(50)
		r.Back(37).Rotate(x, 6, 0)
		assert.InDeltaSlice(t, key(13), x, 1e-5)
	}
}

// TestRoPEAtTheSameTime: one RoPE serves calls at the same time, at other positions.
func TestRoPEAtTheSameTime(t *testing.T) {
	x := newMatrix(64, 8)
	for i := range x.Data {
		x.Data[i] = float32(i%7) - 3
	}
	rope := NewRoPE(RoPEConfig{Dims: 8, Base: 100})
	call := func(first int) []float32 {
		r, err := ScaledDotProduct(x, x, x, Options{RoPE: rope, First: first})
		require.NoError(t, err)
		return r.Output.Data
	}
	var want [4][]float32
	for i := range want {
		want[i] = call(100 * i)
	}
	var group sync.WaitGroup
	for i := range want {
		group.Go(func() {
			for range 50 {
				assert.Equal(t, want[i], call(100*i))
			}
		})
	}
	group.Wait()
}

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachAttention runs f over rows, head sizes, positions and distances of rows.
func eachAttention(f func(r *rand.Rand, rows, headDim, n, stride int)) {
	r := rand.New(rand.NewPCG(11, 12))
	for rows := range 8 {
		for _, headDim := range []int{1, 3, 4, 20, 32, 36, 48, 64, 80, 128} {
			for _, n := range []int{0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 39} {
				f(r, rows, headDim, n, n+rows%3)
			}
		}
	}
}

func TestScoresEqualGeneric(t *testing.T) {
	eachAttention(func(r *rand.Rand, rows, headDim, n, stride int) {
		q, k := make([]float32, rows*headDim), make([]float32, (n+3)/4*4*headDim)
		values(r, q, 0)
		values(r, k, n%4)
		got, check := guarded[float32](t, rows*stride, n%8)
		want := clone(got)
		scoresGeneric(want, stride, q, k, headDim, n)
		Scores(got, stride, q, k, headDim, n)
		sameBits(t, want, got, "rows=%d headDim=%d n=%d", rows, headDim, n)
		check()
	})
}

func TestMixEqualsGeneric(t *testing.T) {
	eachAttention(func(r *rand.Rand, rows, headDim, n, stride int) {
		w, v := make([]float32, rows*stride), make([]float32, n*headDim)
		values(r, w, 0)
		values(r, v, n%4)
		got, check := guarded[float32](t, rows*headDim, n%8)
		values(r, got, 0)
		want := clone(got)
		mixGeneric(want, w, stride, v, headDim, n)
		Mix(got, w, stride, v, headDim, n)
		sameBits(t, want, got, "rows=%d headDim=%d n=%d", rows, headDim, n)
		check()
	})
}

func TestMixInt8EqualsGeneric(t *testing.T) {
	eachAttention(func(r *rand.Rand, rows, headDim, n, stride int) {
		blocks := (headDim + BlockLen - 1) / BlockLen
		w, scale, q := make([]float32, rows*stride), make([]float32, n*blocks), make([]int8, n*blocks*BlockLen)
		values(r, w, 0)
		values(r, scale, n%4)
		for i := range q {
			q[i] = int8(r.Uint32())
		}
		got, check := guarded[float32](t, rows*headDim, n%8)
		values(r, got, 0)
		want := clone(got)
		mixInt8Generic(want, w, stride, q, scale, headDim, n)
		MixInt8(got, w, stride, q, scale, headDim, n)
		sameBits(t, want, got, "rows=%d headDim=%d n=%d", rows, headDim, n)
		check()
	})
}

// TestScoresAgainstFloat64 is the formula itself, with the keys interleaved by hand.
func TestScoresAgainstFloat64(t *testing.T) {
	const rows, headDim, n = 5, 20, 11
	r := rand.New(rand.NewPCG(13, 14))
	q, k := make([]float32, rows*headDim), make([]float32, 12*headDim)
	values(r, q, 0)
	values(r, k, 0)
	got := make([]float32, rows*n)
	Scores(got, n, q, k, headDim, n)
	for i := range rows {
		for p := range n {
			want := 0.0
			for d := range headDim {
				want += float64(q[i*headDim+d]) * float64(k[p/4*4*headDim+d*4+p%4])
			}
			require.InDelta(t, want, got[i*n+p], 1e-5, "row %d, position %d", i, p)
		}
	}
}

// TestRescale softmaxes rows in pieces and compares with one piece in float64.
func TestRescale(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for _, pieces := range [][]int{{1}, {5, 1}, {3, 0, 4}, {8, 8, 1}} {
		max, sum := float32(math.Inf(-1)), float32(0)
		var got []float32
		var all []float64
		for _, n := range pieces {
			x := make([]float32, n)
			values(r, x, 0)
			for _, v := range x {
				all = append(all, float64(8*v))
			}
			Scale(x, 8)
			var factor float32
			max, sum, factor = Rescale(x, max, sum)
			Scale(got, factor)
			got = append(got, x...)
		}
		total := 0.0
		for _, v := range all {
			total += math.Exp(v)
		}
		for i, v := range all {
			require.InDelta(t, math.Exp(v)/total, float64(got[i]/sum), 1e-6, "%v at %d", pieces, i)
		}
	}
	inf := float32(math.Inf(-1))
	x := []float32{inf, inf}
	m, s, f := Rescale(x, inf, 0)
	require.Equal(t, []float32{0, 0}, x, "all masked")
	require.Equal(t, []float32{inf, 0, 1}, []float32{m, s, f})
	_, s, f = Rescale([]float32{1, float32(math.NaN())}, 3, 2)
	require.True(t, s != s && f != f, "NaN spreads")
}

func TestAttentionPanics(t *testing.T) {
	x := make([]float32, 8)
	require.Panics(t, func() { Scores(x, 4, x[:3], x, 2, 4) }, "part of a row")
	require.Panics(t, func() { Scores(x, 4, x[:6], x, 2, 4) }, "scores too short")
	require.Panics(t, func() { Scores(x, 5, x[:2], x, 2, 5) }, "keys too short")
	require.Panics(t, func() { Mix(x[:2], x, 5, x, 2, 5) }, "values too short")
	require.Panics(t, func() { Mix(x[:2], x, 3, x, 2, 4) }, "more than a row")
	require.Panics(t, func() { MixInt8(x, x, 4, make([]int8, 127), x, 8, 4) }, "values too short")
}

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
			for _, n := range []int{0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 39, 64, 101} {
				f(r, rows, headDim, n, n+rows%3)
			}
		}
	}
}

// round16 is n rounded up to whole panels.
func round16(n int) int { return (n + PanelCols - 1) / PanelCols * PanelCols }

func TestScoresEqualGeneric(t *testing.T) {
	eachAttention(func(r *rand.Rand, rows, headDim, n, stride int) {
		stride += round16(n) - n
		q, k := make([]float32, rows*headDim), make([]float32, round16(n)*headDim)
		values(r, q, 0)
		values(r, k, n%4)
		got, check := guarded[float32](t, rows*stride, n%8)
		want := clone(got)
		for i := range rows {
			clear(want[i*stride:][:round16(n)])
		}
		panelGeneric(want, q, k, rows, stride, headDim, headDim, round16(n)/PanelCols, headDim*PanelCols, 1, 0)
		Scores(got, stride, q, k, headDim, n)
		sameBits(t, want, got, "rows=%d headDim=%d n=%d", rows, headDim, n)
		check()
	})
}

// TestMix compares with the sums in order of values in the documented order.
func TestMix(t *testing.T) {
	eachAttention(func(r *rand.Rand, rows, headDim, n, stride int) {
		first, width := r.IntN(70), round16(headDim)
		w, v := make([]float32, rows*stride), make([]float32, (first+n+31)/32*32*width)
		values(r, w, 0)
		values(r, v, n%4)
		got, check := guarded[float32](t, rows*headDim, n%8)
		values(r, got, 0)
		want := clone(got)
		for i := range rows {
			for d := range headDim {
				for p := first; p < first+n; p++ {
					want[i*headDim+d] += float32(w[i*stride+p-first] * v[p/32*32*width+d/16*512+p%32*16+d%16])
				}
			}
		}
		Mix(got, w, stride, v, headDim, first, n)
		sameBits(t, want, got, "rows=%d headDim=%d first=%d n=%d", rows, headDim, first, n)
		check()
	})
}

func TestMixInt8EqualsGeneric(t *testing.T) {
	eachAttention(func(r *rand.Rand, rows, headDim, n, stride int) {
		blocks, step := (headDim+BlockLen-1)/BlockLen, n+rows%2
		w, scale, q := make([]float32, rows*stride), make([]float32, blocks*step), make([]int8, blocks*BlockLen*step)
		values(r, w, 0)
		values(r, scale, n%4)
		for i := range q {
			q[i] = int8(r.Uint32())
		}
		got, check := guarded[float32](t, rows*headDim, n%8)
		values(r, got, 0)
		want := clone(got)
		mixInt8Generic(want, w, stride, q, scale, step, headDim, n)
		MixInt8(got, w, stride, q, scale, step, headDim, n)
		sameBits(t, want, got, "rows=%d headDim=%d n=%d", rows, headDim, n)
		check()
	})
}

// TestAgainstFloat64 is the formulas themselves, with keys and values interleaved
// by hand: q·k of every position, and the values weighted by it.
func TestAgainstFloat64(t *testing.T) {
	const rows, headDim, n = 5, 20, 19
	r := rand.New(rand.NewPCG(13, 14))
	q, k, v := make([]float32, rows*headDim), make([]float32, 32*headDim), make([]float32, 32*32)
	values(r, q, 0)
	values(r, k, 0)
	values(r, v, 0)
	got, mixed := make([]float32, rows*32), make([]float32, rows*headDim)
	Scores(got, 32, q, k, headDim, n)
	Mix(mixed, got, 32, v, headDim, 0, n)
	for i := range rows {
		var wantMix [headDim]float64
		for p := range n {
			want := 0.0
			for d := range headDim {
				want += float64(q[i*headDim+d]) * float64(k[p/16*16*headDim+d*16+p%16])
				wantMix[d] += float64(got[i*32+p]) * float64(v[d/16*16*32+p*16+d%16])
			}
			require.InDelta(t, want, got[i*32+p], 1e-5, "row %d, position %d", i, p)
		}
		for d, want := range wantMix {
			require.InDelta(t, want, mixed[i*headDim+d], 1e-4, "row %d, value %d", i, d)
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
	nan := float32(math.NaN())
	for _, x := range [][]float32{{1, nan}, {nan, 4}, {inf, nan}, {nan, inf, inf, inf, inf, inf}} {
		for _, max := range []float32{inf, 3} {
			_, s, _ = Rescale(x, max, 2)
			require.True(t, s != s, "NaN spreads to the sum")
		}
	}
}

func TestAttentionPanics(t *testing.T) {
	x := make([]float32, 8)
	y := make([]float32, 64)
	require.NotPanics(t, func() { Scores(y, 16, x[:2], y[:32], 2, 4); Mix(x[:2], y, 4, y[:64], 2, 0, 4) })
	require.Panics(t, func() { Scores(y, 16, x[:3], y, 2, 4) }, "part of a row")
	require.Panics(t, func() { Scores(y, 32, x[:6], y, 2, 4) }, "scores too short")
	require.Panics(t, func() { Scores(y, 15, x[:2], y, 2, 4) }, "part of a panel")
	require.Panics(t, func() { Scores(y, 16, x[:2], y[:31], 2, 4) }, "keys too short")
	require.Panics(t, func() { Mix(x[:2], y, 5, y[:63], 2, 0, 4) }, "values too short")
	require.Panics(t, func() { Mix(x[:2], y, 4, y, 2, 1, 4) }, "values too short behind the first")
	require.Panics(t, func() { Mix(x[:2], y, 4, y, 2, -1, 4) }, "before the values")
	require.Panics(t, func() { Mix(x[:2], y, 3, y, 2, 0, 4) }, "more than a row")
	require.NotPanics(t, func() { MixInt8(x, y, 4, make([]int8, 64), y[:4], 4, 8, 4) })
	require.Panics(t, func() { MixInt8(x, y, 4, make([]int8, 63), y[:4], 4, 8, 4) }, "values too short")
	require.Panics(t, func() { MixInt8(x, y, 4, make([]int8, 64), y[:3], 4, 8, 4) }, "scales too short")
	require.Panics(t, func() { MixInt8(x, y, 4, make([]int8, 64), y[:4], 3, 8, 4) }, "panels overlap")
}

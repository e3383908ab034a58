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

// TestPackInt8Row multiplies a matrix that was packed row by row.
func TestPackInt8Row(t *testing.T) {
	const rows, cols = 16, 64
	r := rand.New(rand.NewPCG(23, 24))
	f := FormatOf(8, 32, false)
	group := cols / BlockLen * f.BlockBytes()
	w := make([]byte, rows/GroupRows*group)
	x, want := make([]float32, cols), make([]float64, rows)
	values(r, x, 0)
	q, scales := make([]int8, cols), make([]float32, cols/BlockLen)
	for row := range rows {
		for i := range q {
			q[i] = int8(r.Uint32())
		}
		values(r, scales, 0)
		PackInt8Row(w[row/GroupRows*group:][:group], row%GroupRows, q, scales)
		unpacked, unpackedScales := make([]int8, cols), make([]float32, len(scales))
		UnpackInt8Row(unpacked, unpackedScales, w[row/GroupRows*group:][:group], row%GroupRows)
		require.Equal(t, q, unpacked)
		require.Equal(t, scales, unpackedScales)
		for i, v := range q {
			want[row] += float64(v) * float64(scales[i/BlockLen]) * float64(x[i])
		}
	}
	var a Activations
	a.Resize(x, 1, cols)
	a.Quantize()
	got := make([]float32, rows)
	f.MatMul(got, w, &a, &Tile{})
	for row := range rows {
		require.InDelta(t, want[row], got[row], 2, "row %d of size %v", row, math.Sqrt(cols)*74) // 12 bits of x
	}
	require.Panics(t, func() { PackInt8Row(w, 0, q, scales) })
	require.Panics(t, func() { PackInt8Row(w[:group], 4, q, scales) })
	require.Panics(t, func() { UnpackInt8Row(q, scales, w, 0) })
	require.Panics(t, func() { UnpackInt8Row(q, scales, w[:group], 4) })
}

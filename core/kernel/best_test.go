package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChunkMaxEqualsGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for _, n := range append(lengths(), 1000) {
		for kind := range 4 {
			x, check := guarded[float32](t, n, n%8)
			values(r, x, kind)
			got, checkDst := guarded[float32](t, (n+MaxChunk-1)/MaxChunk, kind)
			want := clone(got)
			chunkMaxGeneric(want, x)
			ChunkMax(got, x)
			for i := range want { // 0 and -0 are equal here
				require.Equal(t, want[i], got[i], "n=%d kind=%d chunk %d", n, kind, i)
			}
			check()
			checkDst()
		}
	}
	require.Panics(t, func() { ChunkMax(make([]float32, 1), make([]float32, 65)) })
}

func TestArgmax(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, c := range []struct {
		name string
		x    []float32
		want int
	}{
		{"first of equals", []float32{1, 3, 3}, 1},
		{"NaN never wins", []float32{nan, 1, nan, 2}, 3},
		{"no number", []float32{nan, nan}, 0},
		{"only -Inf", []float32{inf, inf}, 0},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, Argmax(c.x)) })
	}
	// The place of the largest, over the edges of chunks and of the list of maxima.
	r := rand.New(rand.NewPCG(19, 20))
	x := make([]float32, 3*64*MaxChunk+5)
	for range 200 {
		values(r, x, 1)
		at := r.IntN(len(x))
		x[at] = 100
		if after := at + r.IntN(5000); after < len(x) {
			x[after] = 100
		}
		require.Equal(t, at, Argmax(x))
	}
	require.Panics(t, func() { Argmax(nil) })
}

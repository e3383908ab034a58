package kvcache

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestScoresAndMix compares the cache with plain loops over the same keys and
// values, across the edges of chunks and groups.
func TestScoresAndMix(t *testing.T) {
	const kvHeads, headDim, n = 2, 12, ChunkLen + 7
	r := rand.New(rand.NewPCG(1, 2))
	c := New(1, kvHeads, headDim, 2*ChunkLen)
	k, v := make([][]float32, n), make([][]float32, n)
	random := func(x []float32) []float32 {
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	for p := range n {
		k[p], v[p] = random(make([]float32, kvHeads*headDim)), random(make([]float32, kvHeads*headDim))
		c.Layer(0).Put(p, random(make([]float32, kvHeads*headDim)), v[p]) // is overwritten
		c.Layer(0).Put(p, k[p], v[p])
	}
	c.Advance(n)
	q := random(make([]float32, headDim))
	for _, length := range []int{1, 3, 4, 5, ChunkLen - 1, ChunkLen, ChunkLen + 1, n} {
		for h := range kvHeads {
			scores, mix := make([]float32, length), make([]float32, headDim)
			c.Layer(0).Scores(scores, q, h, 0.5)
			c.Layer(0).Mix(mix, scores, h)
			wantMix := make([]float64, headDim)
			for p := range length {
				want := 0.0
				for d := range headDim {
					want += float64(q[d]) * float64(k[p][h*headDim+d]) / 2
					wantMix[d] += float64(scores[p]) * float64(v[p][h*headDim+d])
				}
				require.InDelta(t, want, scores[p], 1e-5, "score %d of %d", p, length)
			}
			for d := range headDim {
				require.InDelta(t, wantMix[d], mix[d], 1e-3, "value %d of %d", d, length)
			}
		}
	}
}

func TestLength(t *testing.T) {
	c := New(3, 1, 4, ChunkLen+1)
	c.Advance(10)
	assert.Equal(t, 10, c.Len())
	c.Truncate(4)
	assert.Equal(t, 4, c.Len())
	assert.Panics(t, func() { c.Truncate(5) })
	assert.Panics(t, func() { c.Advance(ChunkLen) })
	assert.Zero(t, c.Bytes(), "no memory before the first position")
	c.Layer(0).Put(0, make([]float32, 4), make([]float32, 4))
	assert.Equal(t, int64(2*4*4*ChunkLen), c.Bytes())
	assert.Equal(t, int64(3*2*2*4*4*ChunkLen), c.MaxBytes())
}

package kvcache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestScoresAndMix compares the chunks of every type with plain loops over the
// same keys and values, within the error of the type.
func TestScoresAndMix(t *testing.T) {
	for name, bound := range map[string]struct{ score, mix float64 }{"f32": {3e-5, 1e-4}, "int8": {0.3, 0.5}} {
		for _, headDim := range []int{12, 64, 80} {
			t.Run(fmt.Sprint(name, " ", headDim), func(t *testing.T) {
				typ, ok := ByName(name)
				require.True(t, ok)
				testScoresAndMix(t, typ, headDim, bound.score, bound.mix)
			})
		}
	}
	assert.Equal(t, []string{"f32", "int8"}, Names(), "a type without a bound here")
}

func testScoresAndMix(t *testing.T, typ Type, headDim int, scoreBound, mixBound float64) {
	const kvHeads, n, rows = 2, ChunkLen + 7, 5
	r := rand.New(rand.NewPCG(1, 2))
	c := New(typ, Uniform(1, Shape{KVHeads: kvHeads, HeadDim: headDim}), 2*ChunkLen)
	k, v := make([][]float32, n), make([][]float32, n)
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	for p := range n {
		k[p], v[p] = random(kvHeads*headDim), random(kvHeads*headDim)
		c.Layer(0).Put(p, random(kvHeads*headDim), v[p]) // is overwritten
		c.Layer(0).Put(p, k[p], v[p])
	}
	c.Advance(n)
	var q Queries
	queries := random(rows * headDim)
	for _, part := range []struct{ chunk, n, from int }{{0, 1, 0}, {0, 3, 1}, {0, 17, 0}, {0, ChunkLen, 200}, {1, 7, 3}} {
		for h := range kvHeads {
			q.Set(queries, headDim)
			stride := Stride(part.n)
			scores, mix := make([]float32, rows*stride), make([]float32, rows*headDim)
			c.Layer(0).Scores(scores, &q, part.chunk, h, part.n)
			c.Layer(0).Mix(mix, scores, stride, part.chunk, h, part.from, part.n)
			for i := range rows {
				wantMix, size := make([]float64, headDim), 0.0
				for p := range part.n {
					want, at := 0.0, part.chunk*ChunkLen+p
					for d := range headDim {
						want += float64(queries[i*headDim+d]) * float64(k[at][h*headDim+d])
						if p >= part.from {
							wantMix[d] += float64(scores[i*stride+p]) * float64(v[at][h*headDim+d])
						}
					}
					require.InDelta(t, want, scores[i*stride+p], scoreBound, "score %d of %+v", p, part)
					size += math.Abs(float64(scores[i*stride+p]))
				}
				for d := range headDim {
					require.InDelta(t, wantMix[d], mix[i*headDim+d], mixBound*(1+size/100), "value %d of %+v", d, part)
				}
			}
		}
	}
}

func TestLength(t *testing.T) {
	c := New(F32, Uniform(3, Shape{KVHeads: 1, HeadDim: 4}), ChunkLen+1)
	c.Advance(10)
	assert.Equal(t, 10, c.Len())
	assert.Equal(t, 4, c.Truncate(4))
	assert.Equal(t, 4, c.Len())
	assert.Panics(t, func() { c.Truncate(5) })
	assert.Panics(t, func() { c.Advance(ChunkLen) })
	assert.Zero(t, c.Bytes(), "no memory before the first position")
	c.Layer(0).Put(0, make([]float32, 4), make([]float32, 4))
	assert.Equal(t, int64(4*(4+16)*ChunkLen), c.Bytes(), "values in panels of 16")
	assert.Equal(t, int64(3*2*4*(4+16)*ChunkLen), c.MaxBytes())

	c = New(Int8, Uniform(1, Shape{KVHeads: 2, HeadDim: 48}), ChunkLen)
	c.Layer(0).Put(0, make([]float32, 96), make([]float32, 96))
	assert.Equal(t, int64(2*2*2*36*ChunkLen), c.Bytes(), "two blocks of 32 in a head, two heads, keys and values")
	assert.Equal(t, c.Bytes(), c.MaxBytes())
}

// TestWindow: a layer with a window takes no more memory than MaxBytes says, however
// long the text gets, and Truncate goes back by a Margin at least; further back it
// leaves nothing, and the cache fills again.
func TestWindow(t *testing.T) {
	const capacity = 12 * ChunkLen
	for _, window := range []int{1, 2, 8, ChunkLen, ChunkLen + 1, 700, capacity, 2 * capacity} {
		t.Run(fmt.Sprint(window), func(t *testing.T) {
			shape := Shape{KVHeads: 1, HeadDim: 4, Window: window}
			c := New(F32, []Shape{shape, {KVHeads: 1, HeadDim: 4}}, capacity)
			fill := func(to int) {
				for c.Len() < to {
					n := min(100, to-c.Len())
					for p := c.Len(); p < c.Len()+n; p++ {
						x := []float32{float32(p), 0, 0, 0}
						for i := range 2 {
							c.Layer(i).Put(p, x, x)
						}
					}
					c.Advance(n)
					require.LessOrEqual(t, c.Bytes(), c.MaxBytes())
				}
			}
			// seen checks the keys that the next position sees beside its own.
			var scores [ChunkLen]float32
			seen := func() {
				for p := max(0, c.Len()+1-window); p < c.Len(); p++ {
					var q Queries
					q.Set([]float32{1, 0, 0, 0}, 4)
					c.Layer(0).Scores(scores[:], &q, p/ChunkLen, 0, p%ChunkLen+1)
					if got := scores[p%ChunkLen]; got != float32(p) {
						require.Failf(t, "another key", "position %d has the key of %v", p, got)
					}
				}
			}
			for range 2 {
				fill(capacity)
				full := int64(12 * 4 * (4 + 16) * ChunkLen)
				require.Equal(t, c.MaxBytes(), c.Bytes())
				require.Equal(t, full+full/12*int64(min(12, 2+(window+ChunkLen-2)/ChunkLen)), c.Bytes())
				require.Equal(t, capacity-Margin, c.Truncate(capacity-Margin))
				seen()
				fill(capacity)
				seen()
				// Back until it is too much, which is not before the first chunk given up is seen.
				back := capacity - Margin
				for back >= 0 && c.Truncate(back) == back {
					seen()
					back -= 50
				}
				if window >= capacity-2*ChunkLen { // no chunk was given up
					require.Negative(t, back)
					c.Truncate(0)
				}
				require.Zero(t, c.Len())
			}
		})
	}
	c := New(F32, Uniform(1, Shape{KVHeads: 1, HeadDim: 4, Window: 8}), capacity)
	assert.Panics(t, func() { c.Layer(0).Put(2*ChunkLen, make([]float32, 4), make([]float32, 4)) }, "more than a margin ahead")
}

// TestRows: a layer of rows gives them back as they are, whatever the type, beside
// one of keys and values, and gives up what its window doesn't reach.
func TestRows(t *testing.T) {
	c := New(Int8, []Shape{{KVHeads: 1, HeadDim: 32}, {Width: 3, Window: 4}}, 2000)
	kv, row := make([]float32, 32), func(p int) []float32 { return []float32{float32(p), -float32(p), 0.1} }
	for p := range 1500 {
		c.Layer(0).Put(p, kv, kv)
		c.Layer(1).PutRow(p, row(p))
		c.Advance(1)
	}
	for p := 1500 - 4 - Margin; p < 1500; p++ {
		require.Equal(t, row(p), c.Layer(1).Row(p))
	}
	full := New(Int8, []Shape{{KVHeads: 1, HeadDim: 32}}, 2000)
	assert.Equal(t, full.MaxBytes()+3*ChunkLen*3*4, c.MaxBytes())
	assert.Equal(t, 1500-Margin, c.Truncate(1500-Margin))
	assert.Zero(t, c.Truncate(10))
}

// TestState: a layer's state stays until the cache goes back, and then all goes.
func TestState(t *testing.T) {
	c := New(F32, []Shape{{KVHeads: 1, HeadDim: 4}, {State: 5}}, 100)
	assert.False(t, c.Rewinds())
	assert.Equal(t, int64(4*5)+New(F32, []Shape{{KVHeads: 1, HeadDim: 4}}, 100).MaxBytes(), c.MaxBytes())
	s := c.Layer(1).State()
	require.Equal(t, make([]float32, 5), s)
	assert.Equal(t, int64(4*5), c.Bytes())
	s[3] = 7
	c.Layer(0).Put(0, make([]float32, 4), make([]float32, 4))
	c.Advance(1)
	assert.Equal(t, 1, c.Truncate(1))
	assert.Equal(t, float32(7), c.Layer(1).State()[3])
	c.Advance(1)
	assert.Zero(t, c.Truncate(1))
	assert.Zero(t, c.Len())
	assert.Equal(t, make([]float32, 5), c.Layer(1).State())
	assert.True(t, New(F32, []Shape{{KVHeads: 1, HeadDim: 4}}, 100).Rewinds())
}

package kvcache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestShift: what is left after a shift is where it must be, with turned keys, in
// every type, beside layers that have nothing to move; again and again, also where
// layers with windows have given up positions, within the memory that MaxBytes says.
func TestShift(t *testing.T) {
	for _, name := range Names() {
		typ, _ := ByName(name)
		for _, capacity := range []int{10, 1200} {
			for _, window := range []int{0, 3, 200, 688, 689, 1100} {
				t.Run(fmt.Sprint(name, " ", capacity, " ", window), func(t *testing.T) {
					testShift(t, typ, capacity, window)
				})
			}
		}
	}
}

func testShift(t *testing.T, typ Type, capacity, window int) {
	const headDim, kvHeads, keep = 36, 1, 3
	r := rand.New(rand.NewPCG(5, uint64(window)))
	shape := Shape{KVHeads: kvHeads, HeadDim: headDim, Window: window}
	c := New(typ, []Shape{shape, {}, {State: 5}, {Width: 2, Window: 3}}, capacity)
	c.Layer(2).State()[0] = 7
	type position struct{ k, v []float32 }
	var text []position // as the cache must have it
	for range 3 * capacity {
		if c.Len() == capacity {
			n := c.Discard(keep)
			require.Positive(t, n)
			c.Shift(keep, n, func(layer int, key []float32) {
				require.Zero(t, layer)
				for i := range key {
					key[i]++
				}
			})
			for _, p := range text[keep+n:] {
				for i := range p.k {
					p.k[i]++
				}
			}
			text = append(text[:keep:keep], text[keep+n:]...)
			require.Equal(t, len(text), c.Len())
			require.LessOrEqual(t, c.Bytes(), c.MaxBytes())
		}
		p := position{make([]float32, kvHeads*headDim), make([]float32, kvHeads*headDim)}
		for i := range p.k {
			p.k[i], p.v[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
		}
		c.Layer(0).Put(len(text), p.k, p.v)
		c.Layer(3).PutRow(len(text), p.v[:2])
		text = append(text, p)
		c.Advance(1)
		require.LessOrEqual(t, c.Bytes(), c.MaxBytes())
		if len(text)%211 != 0 && c.Len() < capacity {
			continue
		}
		first := 0
		if window > 0 {
			first = max(0, c.Len()+1-window)
		}
		bound := map[string]float64{"f32": 0, "int8": 0.08}[typ.Name]
		k, v := make([]float32, len(p.k)), make([]float32, len(p.v))
		for at := first; at < c.Len(); at++ {
			c.Layer(0).chunks[at/ChunkLen].get(at%ChunkLen, k, v)
			worst := 0.0
			for i := range k {
				worst = max(worst, math.Abs(float64(text[at].k[i]-k[i])), math.Abs(float64(text[at].v[i]-v[i])))
			}
			require.LessOrEqual(t, worst, bound, "at %d of %d", at, c.Len())
		}
		for at := max(0, c.Len()-2); at < c.Len(); at++ {
			require.Equal(t, text[at].v[:2], c.Layer(3).Row(at))
		}
	}
	assert.EqualValues(t, 7, c.Layer(2).State()[0])
	back := max(0, c.Len()-Margin)
	assert.Zero(t, c.Truncate(back)%max(1, back), "to there, or, with a state, to nothing")
	assert.Panics(t, func() { c.Shift(keep, c.Len()+1, nil) })
}

// TestTruncateAfterShift: a cache whose layers have no state goes back by a Margin
// behind a shift too, and not to what is gone.
func TestTruncateAfterShift(t *testing.T) {
	const capacity, window = 1200, 40
	c := New(F32, []Shape{{KVHeads: 1, HeadDim: 4, Window: window}}, capacity)
	put := func(p int) {
		x := []float32{float32(p), 0, 0, 0}
		c.Layer(0).Put(p, x, x)
		c.Advance(1)
	}
	for p := range capacity {
		put(p)
	}
	n := c.Discard(4)
	assert.Equal(t, 598, n)
	c.Shift(4, n, func(int, []float32) {})
	require.Equal(t, capacity-n, c.Len())
	require.Equal(t, capacity-n-Margin, c.Truncate(capacity-n-Margin))
	k, v := make([]float32, 4), make([]float32, 4)
	for p := c.Len() + 1 - window; p < c.Len(); p++ {
		c.Layer(0).chunks[p/ChunkLen].get(p%ChunkLen, k, v)
		require.Equal(t, float32(p+n), k[0])
	}
	require.Zero(t, c.Truncate(c.Len()-1), "that is more than a margin")
	put(0)
	require.Equal(t, 1, c.Len())
}

package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/kvcache"
)

// TestCausalAgainstFloat64 compares grouped-query attention with the formula in
// float64, over the edge of a chunk, and the tokens one by one with a batch, bit
// for bit.
func TestCausalAgainstFloat64(t *testing.T) {
	for _, c := range []struct {
		name                    string
		typ                     kvcache.Type
		heads, kvHeads, headDim int
		n                       int
		bound                   float64
	}{
		{"one head", kvcache.F32, 1, 1, 8, 11, 1e-5},
		{"multi-head", kvcache.F32, 4, 4, 16, 70, 1e-5},
		{"grouped", kvcache.F32, 6, 2, 20, kvcache.ChunkLen + 40, 1e-5},
		{"multi-query", kvcache.F32, 4, 1, 64, 2*kvcache.ChunkLen + 1, 1e-5},
		{"int8", kvcache.Int8, 4, 2, 64, kvcache.ChunkLen + 40, 0.05},
		{"int8 padded", kvcache.Int8, 3, 1, 20, kvcache.ChunkLen + 40, 0.05},
	} {
		t.Run(c.name, func(t *testing.T) {
			const extra = 3 // values of a row of q that are no query
			r := rand.New(rand.NewPCG(1, 2))
			width, stride := c.heads*c.headDim, c.heads*c.headDim+extra
			cache := newCache(c.typ, c.kvHeads, c.headDim, c.n)
			layer, a := cache.Layer(0), NewCausal(c.heads, c.kvHeads, c.headDim)
			var ks, vs [][]float32
			for p := range c.n {
				ks, vs = append(ks, random(r, c.kvHeads*c.headDim)), append(vs, random(r, c.kvHeads*c.headDim))
				layer.Put(p, ks[p], vs[p])
			}
			q, batch, seen := random(r, c.n*stride), make([]float32, c.n*width), map[[2]int]bool{}
			var w Workspace
			a.Forward(&w, batch, q, stride, layer, 0, c.n, func(head, position int, weights []float32) {
				require.Len(t, weights, position+1)
				sum := 0.0
				for _, w := range weights {
					sum += float64(w)
				}
				require.InDelta(t, 1, sum, 1e-5)
				seen[[2]int{head, position}] = true
			})
			require.Len(t, seen, c.heads*c.n)
			single := make([]float32, width)
			for p := range c.n {
				a.Forward(&w, single, q[p*stride:], stride, layer, p, 1, nil)
				require.Equal(t, batch[p*width:(p+1)*width], single, "position %d alone", p)
				for h := range c.heads {
					want := attend64(q[p*stride+h*c.headDim:][:c.headDim], ks[:p+1], vs[:p+1], h*c.kvHeads/c.heads*c.headDim)
					for d := range want {
						require.InDelta(t, want[d], single[h*c.headDim+d], c.bound, "position %d, head %d, value %d", p, h, d)
					}
				}
			}
		})
	}
}

func newCache(t kvcache.Type, kvHeads, headDim, capacity int) *kvcache.Cache {
	return kvcache.New(t, kvcache.Uniform(1, kvcache.Shape{KVHeads: kvHeads, HeadDim: headDim}), capacity)
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// TestObserverSeesTheWeights mixes the observed weights by hand.
func TestObserverSeesTheWeights(t *testing.T) {
	const heads, headDim, n = 2, 8, kvcache.ChunkLen + 5
	r := rand.New(rand.NewPCG(3, 4))
	layer, a := newCache(kvcache.F32, 1, headDim, n).Layer(0), NewCausal(heads, 1, headDim)
	var vs [][]float32
	for p := range n {
		vs = append(vs, random(r, headDim))
		layer.Put(p, random(r, headDim), vs[p])
	}
	mixed, dst := make([]float64, heads*headDim), make([]float32, heads*headDim)
	a.Forward(&Workspace{}, dst, random(r, heads*headDim), heads*headDim, layer, n-1, 1, func(head, _ int, weights []float32) {
		for p, w := range weights {
			for d := range headDim {
				mixed[head*headDim+d] += float64(w) * float64(vs[p][d])
			}
		}
	})
	require.InDeltaSlice(t, mixed, dst, 1e-6)
}

// TestNaNStaysInItsToken: what a later token of a batch holds doesn't reach an earlier one.
func TestNaNStaysInItsToken(t *testing.T) {
	const headDim, n = 4, 9
	layer, a := newCache(kvcache.F32, 1, headDim, n).Layer(0), NewCausal(1, 1, headDim)
	nan := float32(math.NaN())
	for p := range n {
		x := []float32{1, 2, 3, 4}
		if p == n-1 {
			x = []float32{nan, nan, nan, nan}
		}
		layer.Put(p, x, x)
	}
	dst := make([]float32, n*headDim)
	a.Forward(&Workspace{}, dst, make([]float32, n*headDim), headDim, layer, 0, n, nil)
	for p := range n - 1 {
		require.InDeltaSlice(t, []float32{1, 2, 3, 4}, dst[p*headDim:(p+1)*headDim], 1e-5, "position %d", p)
	}
	require.True(t, dst[(n-1)*headDim] != dst[(n-1)*headDim])
}

// TestPartOfTheHeads: heads that are computed apart, with only the keys and values
// that they need, have the bits of all heads together.
func TestPartOfTheHeads(t *testing.T) {
	const heads, kvHeads, headDim, n = 9, 3, 16, kvcache.ChunkLen + 30
	r := rand.New(rand.NewPCG(5, 6))
	for _, typ := range []kvcache.Type{kvcache.F32, kvcache.Int8} {
		ks, vs := random(r, n*kvHeads*headDim), random(r, n*kvHeads*headDim)
		q := random(r, n*heads*headDim)
		forward := func(a Causal, firstKV int, q []float32) []float32 {
			layer := newCache(typ, a.KVHeads, headDim, n).Layer(0)
			for p := range n {
				at := (p*kvHeads + firstKV) * headDim
				layer.Put(p, ks[at:at+a.KVHeads*headDim], vs[at:at+a.KVHeads*headDim])
			}
			dst := make([]float32, n*a.Heads*headDim)
			a.Forward(&Workspace{}, dst, q, a.Heads*headDim, layer, 0, n, func(head, _ int, _ []float32) {
				require.True(t, 0 <= head && head < a.Heads)
			})
			return dst
		}
		whole := forward(NewCausal(heads, kvHeads, headDim), 0, q)
		for from := range heads {
			for to := from; to <= heads; to++ {
				part, firstKV := make([]float32, 0, n*(to-from)*headDim), from/3
				for p := range n {
					part = append(part, q[(p*heads+from)*headDim:(p*heads+to)*headDim]...)
				}
				a := Causal{Heads: to - from, KVHeads: (to+2)/3 - firstKV, HeadDim: headDim, Scale: Scale(headDim), Group: 3, First: from % 3}
				if from == to {
					a.KVHeads = 0
				}
				got := forward(a, firstKV, part)
				for p := range n {
					require.Equal(t, whole[(p*heads+from)*headDim:(p*heads+to)*headDim], got[p*(to-from)*headDim:(p+1)*(to-from)*headDim], "heads %d to %d, position %d", from, to, p)
				}
			}
		}
	}
}

// attend64 is eq. 1 of arXiv:1706.03762 for one query, with keys and values from column at.
func attend64(q []float32, ks, vs [][]float32, at int) []float64 {
	weights, sum := make([]float64, len(ks)), 0.0
	for p, k := range ks {
		s := 0.0
		for d := range q {
			s += float64(q[d]) * float64(k[at+d])
		}
		weights[p] = math.Exp(s / math.Sqrt(float64(len(q))))
		sum += weights[p]
	}
	out := make([]float64, len(q))
	for p, v := range vs {
		for d := range q {
			out[d] += weights[p] / sum * float64(v[at+d])
		}
	}
	return out
}

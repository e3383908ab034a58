package attention

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/kvcache"
)

// TestCausalAgainstFloat64 compares grouped-query attention with the formula in float64.
func TestCausalAgainstFloat64(t *testing.T) {
	for _, c := range []struct {
		name                    string
		heads, kvHeads, headDim int
	}{{"one head", 1, 1, 8}, {"multi-head", 4, 4, 16}, {"grouped", 6, 2, 20}, {"multi-query", 4, 1, 64}} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			random := func(n int) []float32 {
				x := make([]float32, n)
				for i := range x {
					x[i] = float32(r.NormFloat64())
				}
				return x
			}
			const n = 11
			cache := kvcache.New(1, c.kvHeads, c.headDim, n)
			a := Causal{c.heads, c.kvHeads, c.headDim, Scale(c.headDim)}
			var ks, vs [][]float32
			for p := range n {
				k, v, q := random(c.kvHeads*c.headDim), random(c.kvHeads*c.headDim), random(c.heads*c.headDim)
				ks, vs = append(ks, k), append(vs, v)
				cache.Layer(0).Put(p, k, v)
				got, seen := make([]float32, c.heads*c.headDim), 0
				a.Forward(got, q, cache.Layer(0), p, make([]float32, n), func(head, position int, weights []float32) {
					require.Equal(t, seen, head)
					require.Equal(t, p, position)
					sum := 0.0
					for _, w := range weights {
						sum += float64(w)
					}
					require.InDelta(t, 1, sum, 1e-6)
					seen++
				})
				require.Equal(t, c.heads, seen)
				for h := range c.heads {
					want := attend64(q[h*c.headDim:][:c.headDim], ks, vs, h*c.kvHeads/c.heads*c.headDim)
					for d := range want {
						require.InDelta(t, want[d], got[h*c.headDim+d], 1e-5, "position %d, head %d, value %d", p, h, d)
					}
				}
			}
		})
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

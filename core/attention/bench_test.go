package attention

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gander-lm/gander/core/kvcache"
)

// BenchmarkDecode is one token's attention behind 2048 positions, and behind 160, with the
// heads of SmolLM2-135M and Qwen3-0.6B, over so many layers that keys and values come
// from main memory; B/s are those of the cache.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct{ heads, kvHeads, headDim, layers, depth int }{{9, 3, 64, 30, 2048}, {16, 8, 128, 7, 2048}, {9, 3, 64, 384, 160}, {16, 8, 128, 72, 160}} {
		for _, typ := range []kvcache.Type{kvcache.F32, kvcache.Int8} {
			b.Run(fmt.Sprintf("%dof%d/d%d/%d/%s", c.kvHeads, c.heads, c.headDim, c.depth, typ.Name), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				shapes := make([]kvcache.Shape, c.layers)
				for i := range shapes {
					shapes[i] = kvcache.Shape{KVHeads: c.kvHeads, HeadDim: c.headDim}
				}
				cache := kvcache.New(typ, shapes, c.depth)
				k, v := random(r, c.kvHeads*c.headDim), random(r, c.kvHeads*c.headDim)
				for i := range c.layers {
					for p := range c.depth {
						cache.Layer(i).Put(p, k, v)
					}
				}
				cache.Advance(c.depth)
				a := NewCausal(c.heads, c.kvHeads, c.headDim)
				q, dst := random(r, c.heads*c.headDim), make([]float32, c.heads*c.headDim)
				var w Workspace
				b.SetBytes(cache.Bytes())
				for b.Loop() {
					for i := range c.layers {
						a.Forward(&w, dst, q, len(q), cache.Layer(i), c.depth-1, 1, nil)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.depth*c.layers*c.kvHeads), "ns/position")
			})
		}
	}
}

// BenchmarkLibrary is causal attention of 512 words, with the shape of SmolLM2-135M.
func BenchmarkLibrary(b *testing.B) {
	const n, heads, kvHeads, headDim = 512, 9, 3, 64
	r := rand.New(rand.NewPCG(1, 2))
	q, k, v := matrix(r, n, heads*headDim), matrix(r, n, kvHeads*headDim), matrix(r, n, kvHeads*headDim)
	for _, c := range []struct {
		name string
		kind Kind
		o    Options
	}{
		{"scaled", ScaledDotProduct, Options{}},
		{"scores", ScaledDotProduct, Options{ReturnAttentionScores: true}},
		{"mask", ScaledDotProduct, Options{AttentionMask: CausalMask(n, n, 0)}},
		{"alibi", ScaledDotProduct, Options{Bias: NewALiBi(heads)}},
		{"t5", ScaledDotProduct, Options{Bias: &T5Bias{Buckets: 32, MaxDistance: 128, Table: make([]float32, 32*heads)}}},
		{"weighted", ScoreWeighted, Options{}},
		{"additive", Additive(random(r, headDim)), Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.o.NumHeads, c.o.NumKVHeads, c.o.UseCausalMask = heads, kvHeads, true
			for b.Loop() {
				if _, err := c.kind(q, k, v, c.o); err != nil {
					b.Fatal(err)
				}
			}
			pairs := float64(b.N) * n * (n + 1) / 2 * heads
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/pairs, "ns/pair")
		})
	}
}

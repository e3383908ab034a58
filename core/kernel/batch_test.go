package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkBatch times the two ways to multiply a few tokens, with matrices that
// don't fit into caches: FewTokens is where the second becomes faster.
func BenchmarkBatch(b *testing.B) {
	const rows, cols, matrices = 1536, 576, 64
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range formats {
		size := rows / GroupRows * cols / BlockLen * f.BlockBytes()
		w := randomPacked(r, f, matrices*rows/GroupRows, cols/BlockLen, false)
		for _, tokens := range []int{2, 3, 4, 6, 8, 12, 16, 20, 24, 32} {
			x := testActivations(r, tokens, cols, 0)
			x.makeDifferences()
			dst := make([]float32, tokens*rows)
			var tile Tile
			for _, way := range []struct {
				name     string
				multiply func(w []byte)
			}{
				{"one by one", func(w []byte) { f.matVecs(dst, w, x, 0, cols/BlockLen) }},
				{"unpacked", func(w []byte) { f.gemm(dst, w, x, 0, cols/BlockLen, &tile) }},
			} {
				b.Run(fmt.Sprintf("%v/tokens=%d/%s", f, tokens, way.name), func(b *testing.B) {
					for b.Loop() {
						for m := range matrices {
							way.multiply(w[m*size : (m+1)*size])
						}
					}
					products := float64(b.N) * matrices * rows * cols * float64(tokens)
					b.ReportMetric(products/1e9/b.Elapsed().Seconds(), "G/s")
				})
			}
		}
	}
}

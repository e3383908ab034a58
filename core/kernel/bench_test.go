package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Each benchmark reports how many products it adds up a second (GMAC/s), or bytes
// it reads. docs/kernels.md says how to run them in a browser, and what came out.

func benchValues(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func reportMACs(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GMAC/s")
}

// benchAttention runs f over head sizes and rows: 1, 2, 3 and 7 are the heads of a
// group when one token is decoded, 72 those of 24 tokens with groups of three.
func benchAttention(b *testing.B, f func(b *testing.B, headDim, rows int)) {
	for _, headDim := range []int{64, 128} {
		for _, rows := range []int{1, 2, 3, 7, 72} {
			b.Run(fmt.Sprintf("d%d/rows%d", headDim, rows), func(b *testing.B) { f(b, headDim, rows) })
		}
	}
}

// benchChunk is kvcache.ChunkLen; benchChunks of them are 3 MB of keys with 64
// values, more than a cache near the core holds.
const (
	benchChunk  = 256
	benchChunks = 48
)

func BenchmarkScores(b *testing.B) {
	benchAttention(b, func(b *testing.B, headDim, rows int) {
		q, k, dst := benchValues(rows*headDim), benchValues(benchChunks*benchChunk*headDim), make([]float32, rows*benchChunk)
		for i := 0; b.Loop(); i++ {
			Scores(dst, benchChunk, q, k[i%benchChunks*benchChunk*headDim:], headDim, benchChunk)
		}
		reportMACs(b, rows*benchChunk*headDim)
	})
}

func BenchmarkMix(b *testing.B) {
	benchAttention(b, func(b *testing.B, headDim, rows int) {
		w, v, dst := benchValues(rows*benchChunk), benchValues(benchChunks*benchChunk*headDim), make([]float32, rows*headDim)
		for i := 0; b.Loop(); i++ {
			Mix(dst, w, benchChunk, v[i%benchChunks*benchChunk*headDim:], headDim, 0, benchChunk)
		}
		reportMACs(b, rows*benchChunk*headDim)
	})
}

func BenchmarkMixInt8(b *testing.B) {
	benchAttention(b, func(b *testing.B, headDim, rows int) {
		w, scale, dst := benchValues(rows*benchChunk), benchValues(benchChunks*benchChunk*headDim/32), make([]float32, rows*headDim)
		v := make([]int8, benchChunks*benchChunk*headDim)
		for i := 0; b.Loop(); i++ {
			at := i % benchChunks * benchChunk * headDim
			MixInt8(dst, w, benchChunk, v[at:], scale[at/32:], benchChunk, headDim, benchChunk)
		}
		reportMACs(b, rows*benchChunk*headDim)
	})
}

func BenchmarkRescale(b *testing.B) {
	x, y := benchValues(benchChunk), make([]float32, benchChunk)
	for b.Loop() {
		copy(y, x)
		Rescale(y, float32(math.Inf(-1)), 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchChunk), "ns/value")
}

// BenchmarkPacked is every format as one and as many tokens see it; the matrix of the first
// shape is larger than the caches, that of the second fits into the second one.
func BenchmarkPacked(b *testing.B) {
	for _, f := range formats {
		for _, shape := range []struct{ rows, cols, tokens int }{{196608, 1024, 1}, {1024, 576, 1}, {3072, 576, 8}, {3072, 576, 128}, {576, 1536, 128}, {1024, 3072, 128}} {
			b.Run(fmt.Sprintf("%s/%dx%dx%d", f, shape.rows, shape.cols, shape.tokens), func(b *testing.B) {
				x, dst := benchValues(shape.tokens*shape.cols), make([]float32, shape.tokens*shape.rows)
				var acts Activations
				var tile Tile
				acts.Resize(x, shape.tokens, shape.cols)
				acts.Quantize(f.Bits)
				w := make([]byte, shape.rows/GroupRows*shape.cols/BlockLen*f.BlockBytes())
				for i := 0; i < len(w); i += 4 { // pages that were never written are all the same one, in the first cache
					binary.LittleEndian.PutUint32(w[i:], math.Float32bits(1))
				}
				b.SetBytes(int64(len(w)))
				for b.Loop() {
					f.MatMul(dst, w, &acts, &tile)
				}
				reportMACs(b, shape.rows*shape.cols*shape.tokens)
			})
		}
	}
}

func BenchmarkQuantize(b *testing.B) {
	x := benchValues(128 * 576)
	for _, bits := range []int{8, 4} {
		b.Run(fmt.Sprintf("for%d", bits), func(b *testing.B) {
			var acts Activations
			for b.Loop() {
				acts.Resize(x, 128, 576)
				acts.Quantize(bits)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/value")
		})
	}
}

func BenchmarkVector(b *testing.B) {
	x, y, w := benchValues(3072), benchValues(3072), benchValues(3072)
	cos := benchValues(64)
	for name, f := range map[string]func(){
		"RMSNorm":  func() { RMSNorm(y, x, w, 1e-5) },
		"SwiGLU":   func() { SwiGLU(y, x, w) },
		"Add":      func() { Add(y, x) },
		"RoPE":     func() { RoPE(y, cos, cos, 64) },
		"RoPENeoX": func() { RoPENeoX(y, cos[:32], cos[:32], 64) },
		"Argmax":   func() { Argmax(x) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				copy(y, x)
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/value")
		})
	}
}

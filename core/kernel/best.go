package kernel

import (
	"fmt"
	"math"
)

// MaxChunk is how many values ChunkMax looks at together.
const MaxChunk = 64

// ChunkMax writes the largest of each 64 values of x to dst [⌈len(x)/64⌉], the
// last perhaps of fewer. NaN never counts; a chunk without a number gives -Inf.
// It panics if dst has another length.
func ChunkMax(dst, x []float32) {
	if len(dst) != (len(x)+MaxChunk-1)/MaxChunk {
		panic(fmt.Sprintf("kernel: %d maxima of %d values", len(dst), len(x)))
	}
	chunkMax(dst, x)
}

func chunkMaxGeneric(dst, x []float32) {
	for i := range dst {
		m := float32(math.Inf(-1))
		for _, v := range x[i*MaxChunk : min((i+1)*MaxChunk, len(x))] {
			if v > m {
				m = v
			}
		}
		dst[i] = m
	}
}

// Argmax returns the index of the largest value, the first of equals. NaN never
// wins; without any number the result is 0. It panics if x is empty.
func Argmax(x []float32) int {
	best, m := 0, float32(math.Inf(-1))
	_ = x[0]
	var maxima [64]float32
	for at := 0; at < len(x); at += len(maxima) * MaxChunk {
		part := x[at:min(at+len(maxima)*MaxChunk, len(x))]
		chunks := maxima[:(len(part)+MaxChunk-1)/MaxChunk]
		chunkMax(chunks, part)
		for c, v := range chunks {
			if v > m {
				best, m = at+c*MaxChunk, v
			}
		}
	}
	for i, v := range x[best:min(best+MaxChunk, len(x))] {
		if v == m && m > float32(math.Inf(-1)) {
			return best + i
		}
	}
	return 0
}

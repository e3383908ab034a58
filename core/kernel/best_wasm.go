//go:build go1.27 && !purego

package kernel

// See chunkMaxGeneric for the reference.
func chunkMax(dst, x []float32) {
	n := len(x) / MaxChunk
	if n > 0 {
		chunkMax64(dst[:n], x)
	}
	chunkMaxGeneric(dst[n:], x[n*MaxChunk:])
}

// chunkMax64 is ChunkMax for a positive number of whole chunks.
//
//go:noescape
func chunkMax64(dst, x []float32)

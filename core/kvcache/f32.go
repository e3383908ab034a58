// F32 keeps keys and values as they are, 8 bytes for a key's and a value's number.

package kvcache

import "github.com/gander-lm/gander/core/kernel"

// F32 stores float32.
var F32 = register(Type{
	Name: "f32",
	newChunk: func(kvHeads, headDim int) chunk {
		n := kvHeads * ChunkLen * headDim
		return &chunkF32{headDim: headDim, k: make([]float32, n), v: make([]float32, n)}
	},
	chunkBytes: func(kvHeads, headDim int) int64 { return 4 * 2 * int64(kvHeads) * ChunkLen * int64(headDim) },
})

// chunkF32 has the keys of four neighbouring positions interleaved (see
// kernel.Scores), the values of a position together (see kernel.Mix).
type chunkF32 struct {
	headDim int
	k       []float32 // [kvHeads, ChunkLen/4, headDim, 4]
	v       []float32 // [kvHeads, ChunkLen, headDim]
}

func (c *chunkF32) put(p int, k, v []float32) {
	hd := c.headDim
	for at := 0; at < len(k); at += hd {
		base := at * ChunkLen
		copy(c.v[base+p*hd:], v[at:at+hd])
		keys := c.k[base+p/kernel.KeyGroup*kernel.KeyGroup*hd+p%kernel.KeyGroup:]
		for d, x := range k[at : at+hd] {
			keys[d*kernel.KeyGroup] = x
		}
	}
}

func (c *chunkF32) scores(dst []float32, q *Queries, head, n int) {
	size := ChunkLen * c.headDim
	kernel.Scores(dst, Stride(n), q.rows, c.k[head*size:(head+1)*size], c.headDim, n)
}

func (c *chunkF32) mix(dst, w []float32, stride, head, first, n int) {
	at := (head*ChunkLen + first) * c.headDim
	kernel.Mix(dst, w, stride, c.v[at:at+n*c.headDim], c.headDim, n)
}

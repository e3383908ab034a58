// F32 keeps keys and values as they are, 8 bytes for a number of each; of values it
// keeps a multiple of 16 numbers.

package kvcache

import "github.com/gander-lm/gander/core/kernel"

// F32 stores float32.
var F32 = register(Type{
	Name: "f32",
	newChunk: func(kvHeads, headDim int) chunk {
		n := kvHeads * ChunkLen
		return &chunkF32{headDim: headDim, k: make([]float32, n*headDim), v: make([]float32, n*panelled(headDim))}
	},
	chunkBytes: func(kvHeads, headDim int) int64 {
		return 4 * int64(kvHeads) * ChunkLen * int64(headDim+panelled(headDim))
	},
})

// panelled is n numbers in whole panels.
func panelled(n int) int { return (n + kernel.PanelCols - 1) / kernel.PanelCols * kernel.PanelCols }

// chunkF32 has panels of sixteen neighbouring positions of keys (see
// kernel.Scores), and of sixteen numbers of values (see kernel.Mix).
type chunkF32 struct {
	headDim int
	k       []float32 // [kvHeads, ChunkLen/16, headDim, 16]
	v       []float32 // [kvHeads, ⌈headDim/16⌉, ChunkLen, 16]
}

func (c *chunkF32) put(p int, k, v []float32) {
	const cols = kernel.PanelCols
	hd := c.headDim
	for h := range len(k) / hd {
		keys := c.k[(h*ChunkLen+p/cols*cols)*hd+p%cols:]
		for d, x := range k[h*hd : (h+1)*hd] {
			keys[d*cols] = x
		}
		values := c.v[h*ChunkLen*panelled(hd)+p*cols:]
		for d := 0; d < hd; d += cols {
			copy(values[d*ChunkLen:], v[h*hd+d:h*hd+min(d+cols, hd)])
		}
	}
}

func (c *chunkF32) get(p int, k, v []float32) {
	const cols = kernel.PanelCols
	hd := c.headDim
	for h := range len(k) / hd {
		keys := c.k[(h*ChunkLen+p/cols*cols)*hd+p%cols:]
		for d := range hd {
			k[h*hd+d] = keys[d*cols]
		}
		values := c.v[h*ChunkLen*panelled(hd)+p*cols:]
		for d := 0; d < hd; d += cols {
			copy(v[h*hd+d:h*hd+min(d+cols, hd)], values[d*ChunkLen:])
		}
	}
}

func (c *chunkF32) scores(dst []float32, q *Queries, head, n int) {
	size := ChunkLen * c.headDim
	kernel.Scores(dst, Stride(n), q.rows, c.k[head*size:(head+1)*size], c.headDim, n)
}

func (c *chunkF32) mix(dst, w []float32, stride, head, first, n int) {
	size := ChunkLen * panelled(c.headDim)
	values := c.v[head*size : (head+1)*size]
	kernel.Mix(dst, w, stride, values[first*kernel.PanelCols:], ChunkLen*kernel.PanelCols, c.headDim, n)
}

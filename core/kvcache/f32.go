// F32 keeps keys and values as they are, 8 bytes for a number of each; of values it
// keeps a multiple of 16 numbers.

package kvcache

import "github.com/gander-lm/gander/core/kernel"

// F32 stores float32.
var F32 = register(Type{
	Name: "f32",
	newChunk: func(kvHeads, headDim int) chunk {
		return &chunkF32{headDim: headDim, heads: make([]float32, kvHeads*ChunkLen*(headDim+panelled(headDim)))}
	},
	chunkBytes: func(kvHeads, headDim int) int64 {
		return 4 * int64(kvHeads) * ChunkLen * int64(headDim+panelled(headDim))
	},
})

// panelled is n numbers in whole panels.
func panelled(n int) int { return (n + kernel.PanelCols - 1) / kernel.PanelCols * kernel.PanelCols }

// chunkF32 has panels of sixteen neighbouring positions of keys (see
// kernel.Scores), and of sixteen numbers of values (see kernel.Mix). Those of a head
// follow each other, since they are read so.
type chunkF32 struct {
	headDim int
	heads   []float32 // [kvHeads], of each the keys [ChunkLen/16, headDim, 16] and the values as kernel.ValueAt says
}

// head returns the keys and the values of a head.
func (c *chunkF32) head(h int) (k, v []float32) {
	keys := ChunkLen * c.headDim
	size := keys + ChunkLen*panelled(c.headDim)
	part := c.heads[h*size : (h+1)*size]
	return part[:keys], part[keys:]
}

func (c *chunkF32) put(p int, k, v []float32) {
	const cols = kernel.PanelCols
	hd := c.headDim
	for h := range len(k) / hd {
		keys, values := c.head(h)
		keys, values = keys[p/cols*cols*hd+p%cols:], values[kernel.ValueAt(p, hd):]
		for d, x := range k[h*hd : (h+1)*hd] {
			keys[d*cols] = x
		}
		for d := 0; d < hd; d += cols {
			copy(values[d*kernel.ValueBlock:], v[h*hd+d:h*hd+min(d+cols, hd)])
		}
	}
}

func (c *chunkF32) get(p int, k, v []float32) {
	const cols = kernel.PanelCols
	hd := c.headDim
	for h := range len(k) / hd {
		keys, values := c.head(h)
		keys, values = keys[p/cols*cols*hd+p%cols:], values[kernel.ValueAt(p, hd):]
		for d := range hd {
			k[h*hd+d] = keys[d*cols]
		}
		for d := 0; d < hd; d += cols {
			copy(v[h*hd+d:h*hd+min(d+cols, hd)], values[d*kernel.ValueBlock:])
		}
	}
}

func (c *chunkF32) scores(dst []float32, q *Queries, head, n int) {
	keys, _ := c.head(head)
	kernel.Scores(dst, Stride(n), q.rows, keys, c.headDim, n)
}

func (c *chunkF32) mix(dst, w []float32, stride, head, first, n int) {
	_, values := c.head(head)
	kernel.Mix(dst, w, stride, values, c.headDim, first, n)
}

// F32 keeps keys and values as they are, 8 bytes for a number of each; of values it
// keeps a multiple of 16 numbers.

package kvcache

import "github.com/gander-lm/gander/core/kernel"

// F32 stores float32.
var F32 = register(Type{
	Name: "f32",
	newChunk: func(kvHeads, headDim int) chunk {
		return &chunkF32{headDim: headDim, heads: make([]float32, kvHeads*headLen(headDim))}
	},
	chunkBytes: func(kvHeads, headDim int) int64 {
		return 4 * int64(kvHeads) * int64(headLen(headDim))
	},
})

// chunkF32 has panels of sixteen neighbouring positions of keys (see
// kernel.Scores), and of sixteen numbers of values (see kernel.Mix). Those of a head
// follow each other, since they are read so.
type chunkF32 struct {
	headDim int
	heads   []float32 // [kvHeads], of each the keys [ChunkLen/16, headDim, 16] and the values as kernel.PutValue says
}

// headLen is how many float32 a head has in a chunk.
func headLen(headDim int) int { return ChunkLen*headDim + kernel.ValuesLen(ChunkLen, headDim) }

// head returns the keys and the values of a head.
func (c *chunkF32) head(h int) (k, v []float32) {
	keys, size := ChunkLen*c.headDim, headLen(c.headDim)
	part := c.heads[h*size : (h+1)*size]
	return part[:keys], part[keys:]
}

// key returns the keys of a head from number 0 of a position on; number d is 16·d further.
func (c *chunkF32) key(keys []float32, p int) []float32 {
	const cols = kernel.PanelCols
	return keys[p/cols*cols*c.headDim+p%cols:]
}

func (c *chunkF32) put(p int, k, v []float32) {
	hd := c.headDim
	for h := range len(k) / hd {
		keys, values := c.head(h)
		key := c.key(keys, p)
		for d, x := range k[h*hd : (h+1)*hd] {
			key[d*kernel.PanelCols] = x
		}
		kernel.PutValue(values, p, v[h*hd:(h+1)*hd])
	}
}

func (c *chunkF32) get(p int, k, v []float32) {
	hd := c.headDim
	for h := range len(k) / hd {
		keys, values := c.head(h)
		key := c.key(keys, p)
		for d := range hd {
			k[h*hd+d] = key[d*kernel.PanelCols]
		}
		kernel.GetValue(v[h*hd:(h+1)*hd], values, p)
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

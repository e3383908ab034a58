// Package kvcache keeps the keys and values of the positions that a session has
// seen, so that a new token computes only its own.
//
// Memory is taken in chunks of positions as the text grows. Within a chunk, the
// keys of four neighbouring positions are interleaved (see kernel.Scores); the
// values of a position lie together (see kernel.Mix).
package kvcache

import (
	"fmt"

	"github.com/gander-lm/gander/core/kernel"
)

// ChunkLen is how many positions share a piece of memory; a multiple of kernel.KeyGroup.
const ChunkLen = 256

// Cache is the keys and values of one sequence in all layers.
type Cache struct {
	kvHeads, headDim, capacity int
	layers                     []Layer
	length                     int
}

// Layer is the keys and values of one decoder layer.
type Layer struct {
	c      *Cache
	chunks []chunk
}

// chunk is ChunkLen positions: k [kvHeads, ChunkLen/4, headDim, 4] and
// v [kvHeads, ChunkLen, headDim].
type chunk struct{ k, v []float32 }

// New returns an empty cache for at most capacity positions.
func New(layers, kvHeads, headDim, capacity int) *Cache {
	c := &Cache{kvHeads: kvHeads, headDim: headDim, capacity: capacity, layers: make([]Layer, layers)}
	for i := range c.layers {
		c.layers[i].c = c
	}
	return c
}

// Len returns the number of positions held.
func (c *Cache) Len() int { return c.length }

// Cap returns the largest number of positions.
func (c *Cache) Cap() int { return c.capacity }

// Layer returns layer i.
func (c *Cache) Layer(i int) *Layer { return &c.layers[i] }

// Advance adds n positions, whose keys and values all layers now hold.
// It panics beyond the capacity.
func (c *Cache) Advance(n int) {
	if n < 0 || c.length+n > c.capacity {
		panic(fmt.Sprintf("kvcache: %d positions and %d more, of %d", c.length, n, c.capacity))
	}
	c.length += n
}

// Truncate forgets all positions from n on. It panics if there are not so many.
func (c *Cache) Truncate(n int) {
	if n < 0 || n > c.length {
		panic(fmt.Sprintf("kvcache: truncate %d positions to %d", c.length, n))
	}
	c.length = n
}

// Bytes returns the size of the memory in use, in bytes.
func (c *Cache) Bytes() int64 {
	n := int64(0)
	for _, l := range c.layers {
		n += int64(len(l.chunks)) * c.chunkBytes()
	}
	return n
}

// MaxBytes returns the size of the memory of a full cache, in bytes.
func (c *Cache) MaxBytes() int64 {
	chunks := (c.capacity + ChunkLen - 1) / ChunkLen
	return int64(chunks) * int64(len(c.layers)) * c.chunkBytes()
}

func (c *Cache) chunkBytes() int64 { return 4 * 2 * int64(c.kvHeads) * ChunkLen * int64(c.headDim) }

// Put stores the key and value of a position, k and v [kvHeads, headDim] f32.
// Positions are stored in order; one may be stored again.
func (l *Layer) Put(position int, k, v []float32) {
	hd := l.c.headDim
	for position/ChunkLen >= len(l.chunks) {
		n := l.c.kvHeads * ChunkLen * hd
		l.chunks = append(l.chunks, chunk{make([]float32, n), make([]float32, n)})
	}
	ch, p := l.chunks[position/ChunkLen], position%ChunkLen
	for h := range l.c.kvHeads {
		base := h * ChunkLen * hd
		copy(ch.v[base+p*hd:], v[h*hd:(h+1)*hd])
		keys := ch.k[base+p/kernel.KeyGroup*kernel.KeyGroup*hd+p%kernel.KeyGroup:]
		for d, x := range k[h*hd : (h+1)*hd] {
			keys[d*kernel.KeyGroup] = x
		}
	}
}

// Scores writes the scaled dot products of q [headDim] with the keys of the
// first len(dst) positions of a KV head.
func (l *Layer) Scores(dst, q []float32, head int, scale float32) {
	n := ChunkLen * l.c.headDim
	for i := 0; len(dst) > 0; i++ {
		part := dst[:min(len(dst), ChunkLen)]
		kernel.Scores(part, q, l.chunks[i].k[head*n:(head+1)*n], scale)
		dst = dst[len(part):]
	}
}

// Mix writes the sum of the values of the first len(w) positions of a KV head,
// weighted by w, to dst [headDim].
func (l *Layer) Mix(dst, w []float32, head int) {
	clear(dst)
	n := ChunkLen * l.c.headDim
	for i := 0; len(w) > 0; i++ {
		part := w[:min(len(w), ChunkLen)]
		kernel.Mix(dst, part, l.chunks[i].v[head*n:(head+1)*n])
		w = w[len(part):]
	}
}

// Package kvcache keeps the keys and values of the positions that a session has
// seen, so that a new token computes only its own.
//
// Memory is taken in chunks of positions as the text grows. How a chunk stores
// them is a Type, one file each; attention looks at a chunk at a time.
package kvcache

import (
	"fmt"
	"slices"
	"sort"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/profile"
)

// ChunkLen is how many positions share a piece of memory; a multiple of
// kernel.PanelCols and of kernel.RowMultiple.
const ChunkLen = 256

// Type is a way to store keys and values.
type Type struct {
	Name string // such as "f32"

	newChunk   func(kvHeads, headDim int) chunk
	chunkBytes func(kvHeads, headDim int) int64
}

// chunk is the memory of ChunkLen positions of one layer.
type chunk interface {
	// put stores the key and value of a position, k and v [kvHeads, headDim].
	put(position int, k, v []float32)
	// get reads back the key and value of a position, k and v [kvHeads, headDim].
	get(position int, k, v []float32)
	// scores is that of Layer.
	scores(dst []float32, q *Queries, head, n int)
	// mix adds n values from position first on; w begins with its weight.
	mix(dst, w []float32, stride, head, first, n int)
}

var types = map[string]Type{}

// register adds a type; it panics on a duplicate name, which is a mistake in this package.
func register(t Type) Type {
	if _, ok := types[t.Name]; ok {
		panic("kvcache: type " + t.Name + " is registered twice")
	}
	types[t.Name] = t
	return t
}

// ByName returns the type with the given name.
func ByName(name string) (Type, bool) {
	t, ok := types[name]
	return t, ok
}

// Names returns the names of all types, sorted.
func Names() []string {
	names := make([]string, 0, len(types))
	for n := range types {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Shape is what a layer keeps of a position, and of which positions.
type Shape struct {
	KVHeads, HeadDim int

	// Window is how many positions a query sees, its own included; 0 is all of them.
	// What no later query sees is given up, beyond a Margin.
	Window int

	// Width, if not 0, is the length of a row of float32 that the layer keeps of each
	// position in place of keys and values: see Row.
	Width int

	// State, if not 0, is the length of what the layer keeps in place of keys and
	// values of all positions together: see Layer.State.
	State int
}

// Margin is how many positions a layer with a window keeps beyond those that the
// newest one sees. It serves the other tokens of a batch, of which there are at most
// as many, and Truncate.
const Margin = ChunkLen

// Cache is the keys and values of one sequence in all layers.
type Cache struct {
	typ              Type
	capacity, length int
	layers           []Layer

	// Source is how many positions of another text some layers hold beside this one's
	// positions. Truncate leaves them alone.
	Source int
}

// Layer is the keys and values of one decoder layer.
type Layer struct {
	Shape
	c      *Cache
	chunks []chunk
	first  int // chunks before this one have been given up
	start  int // and positions before this one
	state  []float32
}

// New returns an empty cache for at most capacity positions.
func New(t Type, layers []Shape, capacity int) *Cache {
	c := &Cache{typ: t, capacity: capacity, layers: make([]Layer, len(layers))}
	for i := range c.layers {
		c.layers[i] = Layer{c: c, Shape: layers[i]}
	}
	return c
}

// Uniform returns the shapes of n layers that are all the same.
func Uniform(n int, s Shape) []Shape {
	shapes := make([]Shape, n)
	for i := range shapes {
		shapes[i] = s
	}
	return shapes
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

// Truncate forgets all positions from n on and returns how many are left. These are
// n, or none where a layer with a window has given up what position n would see;
// never if at most Margin positions go. A layer with a state can't go back at all:
// then all positions go. It panics if there are not so many.
func (c *Cache) Truncate(n int) int {
	if n < 0 || n > c.length {
		panic(fmt.Sprintf("kvcache: truncate %d positions to %d", c.length, n))
	}
	if n < c.length && !c.Rewinds() {
		n = 0
	}
	for i := range c.layers {
		if l := &c.layers[i]; l.oldest() > max(0, n+1-l.Window) {
			n = 0
		}
	}
	if n == 0 {
		for i := range c.layers {
			l := &c.layers[i]
			l.chunks, l.first, l.start = l.chunks[l.first:], 0, 0
			clear(l.state)
		}
	}
	c.length = n
	return n
}

// Rewinds tells whether Truncate can keep some positions: no layer has a state.
func (c *Cache) Rewinds() bool {
	return !slices.ContainsFunc(c.layers, func(l Layer) bool { return l.Shape.State > 0 })
}

// Bytes returns the size of the memory in use, in bytes.
func (c *Cache) Bytes() int64 {
	n := int64(0)
	for i := range c.layers {
		l := &c.layers[i]
		n += 4 * int64(len(l.state))
		n += int64(len(l.chunks)-l.first) * l.chunkBytes()
	}
	return n
}

// MaxBytes returns the size of the memory of a full cache, in bytes.
func (c *Cache) MaxBytes() int64 {
	n := int64(0)
	for i := range c.layers {
		l, chunks := &c.layers[i], chunksOf(c.capacity)
		if l.Window > 0 {
			chunks = min(chunks, 1+chunksOf(l.Window-1+Margin))
		}
		if l.Shape.State > 0 {
			n += 4 * int64(l.Shape.State)
			continue
		}
		n += int64(chunks) * l.chunkBytes()
	}
	return n
}

// chunksOf returns how many chunks n positions from the edge of one on need.
func chunksOf(n int) int { return (n + ChunkLen - 1) / ChunkLen }

func (l *Layer) chunkBytes() int64 {
	if l.Width > 0 {
		return 4 * ChunkLen * int64(l.Width)
	}
	return l.c.typ.chunkBytes(l.KVHeads, l.HeadDim)
}

// Put stores the key and value of a position, k and v [kvHeads, headDim] f32.
// Positions are stored in order; one may be stored again. A layer with a window
// must not be more than Margin ahead of the cache's length: Put panics.
func (l *Layer) Put(position int, k, v []float32) {
	for position/ChunkLen >= len(l.chunks) {
		l.grow(position)
	}
	before := profile.Enter(profile.Attention)
	l.chunks[position/ChunkLen].put(position%ChunkLen, k, v)
	profile.Leave(before)
}

// grow adds a chunk, with the memory of one that no query from position on sees if
// there is one.
func (l *Layer) grow(position int) {
	if l.Window > 0 && position > l.c.length+Margin {
		panic(fmt.Sprintf("kvcache: position %d is stored, while there are %d", position, l.c.length))
	}
	if l.Window > 0 && (l.first+1)*ChunkLen <= position+1-l.Window-Margin {
		l.chunks = append(l.chunks, l.chunks[l.first])
		l.chunks[l.first] = nil
		l.first++
		return
	}
	l.chunks = append(l.chunks, l.newChunk())
}

func (l *Layer) newChunk() chunk {
	if l.Width > 0 {
		return &chunkRows{width: l.Width, rows: make([]float32, ChunkLen*l.Width)}
	}
	return l.c.typ.newChunk(l.KVHeads, l.HeadDim)
}

// Queries are the queries that meet the keys of one KV head, made ready once for
// all chunks.
type Queries struct {
	rows    []float32 // [queries, headDim]
	headDim int

	// For the types that compute on integers: rows padded to a multiple of 32, and quantised.
	ints   kernel.Activations
	padded []float32
	tile   kernel.Tile
	ready  bool // whether ints are those of rows
}

// Set makes rows [queries, headDim] f32 the queries. They are not copied.
func (q *Queries) Set(rows []float32, headDim int) {
	q.rows, q.headDim, q.ready = rows, headDim, false
}

// Bytes returns the size of the memory held, in bytes.
func (q *Queries) Bytes() int64 {
	return int64(4*cap(q.padded)) + q.ints.Bytes() + q.tile.Bytes()
}

// Stride returns the distance of two rows of scores of n positions.
func Stride(n int) int { return (n + kernel.RowMultiple - 1) / kernel.RowMultiple * kernel.RowMultiple }

// Scores writes the dot products of all queries with the first n keys of a chunk
// of a KV head.
//
//	dst [queries, Stride(n)] f32, of which n of each row have a meaning
func (l *Layer) Scores(dst []float32, q *Queries, chunk, head, n int) {
	l.chunks[chunk].scores(dst, q, head, n)
}

// Mix adds to dst the values of a chunk of a KV head from position from up to
// position to, weighted by w.
//
//	dst [queries, headDim] f32; w [queries, stride] f32, of position 0 of the chunk on
func (l *Layer) Mix(dst, w []float32, stride, chunk, head, from, to int) {
	if from < to {
		l.chunks[chunk].mix(dst, w[from:], stride, head, from, to-from)
	}
}

package kvcache

import "fmt"

// Discard returns how many positions behind the first keep a full cache is to forget
// with Shift: half of them, but no layer's window may reach beyond what is left where
// the layer has given up the rest. Below 1 there is no room for that.
func (c *Cache) Discard(keep int) int {
	n := (c.capacity - keep) / 2
	for i := range c.layers {
		if w := c.layers[i].Window; w > 0 && w+Margin+ChunkLen <= c.capacity {
			n = min(n, c.capacity+1-w-keep)
		}
	}
	return n
}

// Shift forgets the n positions behind the first keep and moves the later ones to
// their place. turn is given each key that moves, [kvHeads, headDim] f32, to be changed
// to one of its new position. Layers with a state keep it. Of a layer with a window no
// more than its window and a Margin is left. It panics if there are no such positions.
func (c *Cache) Shift(keep, n int, turn func(layer int, key []float32)) {
	if keep < 0 || n < 0 || keep+n > c.length {
		panic(fmt.Sprintf("kvcache: shift %d of %d positions behind %d", n, c.length, keep))
	}
	for i := range c.layers {
		if l := &c.layers[i]; len(l.chunks) > 0 {
			l.shift(keep, n, func(key []float32) { turn(i, key) })
		}
	}
	c.length -= n
}

func (l *Layer) shift(keep, n int, turn func(key []float32)) {
	from, width := max(keep+n, l.oldest()), l.KVHeads*l.HeadDim
	if l.oldest() > 0 {
		from = max(from, l.c.length+1-l.Window-Margin)
	}
	if l.Width > 0 {
		width = l.Width
	}
	k, v := make([]float32, width), make([]float32, width)
	for p := from; p < l.c.length; p++ {
		to := (p - n) / ChunkLen
		if l.chunks[to] == nil {
			l.chunks[to] = l.newChunk()
		}
		l.chunks[p/ChunkLen].get(p%ChunkLen, k, v)
		if l.Width == 0 {
			turn(k)
		}
		l.chunks[to].put((p-n)%ChunkLen, k, v)
	}
	if l.oldest() > 0 {
		l.start = from - n
		l.first = l.start / ChunkLen
		end := chunksOf(l.c.length - n)
		clear(l.chunks[:l.first])
		clear(l.chunks[end:])
		l.chunks = l.chunks[:end]
	}
}

// oldest returns the first position that the layer still has.
func (l *Layer) oldest() int { return max(l.start, l.first*ChunkLen) }

package nn

import "github.com/gander-lm/gander/core/shard"

// Values that the workers have computed apart lie in memory worker by worker, each
// worker's as [tokens, own], so that an exchange moves each part in one piece.

// Part returns where this worker's part of some rows goes: [tokens, own] f32, of
// memory for all of them that Whole completes. s has the parts of a row.
func (c *Context) Part(b Buffer, tokens int, s shard.Split) []float32 {
	x := c.Floats(b, tokens*s.Total())
	own := s.Of(c.rank())
	return x[tokens*own.From : tokens*own.To]
}

// Whole exchanges the parts of buffer b, which all workers have filled, and returns
// the rows: [tokens, s.Total()] f32, valid until the next call.
func (c *Context) Whole(b Buffer, tokens int, s shard.Split) []float32 {
	x := c.Floats(b, tokens*s.Total())
	if c.size() == 1 {
		return x
	}
	c.Group.AllGather(x, c.scale(s, tokens))
	if tokens == 1 {
		return x
	}
	rows := c.Floats(bufferWhole, len(x))
	interleave(rows, x, tokens, s)
	return rows
}

// scale returns the split of tokens rows that lie worker by worker.
func (c *Context) scale(s shard.Split, tokens int) shard.Split {
	c.scaled = s.Times(c.scaled[:0], tokens)
	return c.scaled
}

func (c *Context) rank() int {
	if c.Group == nil {
		return 0
	}
	return c.Group.Rank()
}

func (c *Context) size() int {
	if c.Group == nil {
		return 1
	}
	return c.Group.Size()
}

// interleave writes rows that lie worker by worker in src to dst [tokens, s.Total()].
func interleave(dst, src []float32, tokens int, s shard.Split) {
	width := s.Total()
	for r := range len(s) - 1 {
		own := s.Of(r)
		part := src[tokens*own.From : tokens*own.To]
		for t := range tokens {
			copy(dst[t*width+own.From:], part[t*own.Len():(t+1)*own.Len()])
		}
	}
}

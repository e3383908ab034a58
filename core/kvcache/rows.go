package kvcache

// chunkRows has a row of float32 of each position, for layers that mix what came
// before by other means than attention.
type chunkRows struct {
	width int
	rows  []float32 // [ChunkLen, width]
}

func (c *chunkRows) put(p int, row, _ []float32) { copy(c.rows[p*c.width:(p+1)*c.width], row) }

func (c *chunkRows) get(p int, row, _ []float32) { copy(row, c.rows[p*c.width:(p+1)*c.width]) }

func (c *chunkRows) scores([]float32, *Queries, int, int) {
	panic("kvcache: a layer of rows has no keys")
}

func (c *chunkRows) mix(_, _ []float32, _, _, _, _ int) {
	panic("kvcache: a layer of rows has no values")
}

// PutRow stores the row [Width] of a position, as Put does.
func (l *Layer) PutRow(position int, row []float32) { l.Put(position, row, nil) }

// Row returns the row [Width] of a position that the layer still has. It is not a copy.
func (l *Layer) Row(position int) []float32 {
	c := l.chunks[position/ChunkLen].(*chunkRows)
	at := position % ChunkLen * c.width
	return c.rows[at : at+c.width]
}

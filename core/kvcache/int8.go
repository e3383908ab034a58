// Int8 keeps keys and values as integers of 8 bits with a float32 scale for each
// 32 of a head, which is 9/32 of the memory of F32.
//
// The keys of a head are a packed matrix whose rows are the positions, so that
// the scores are one of the products that weights go through, with the queries in
// 12 bits. Values are multiplied as float32.

package kvcache

import "github.com/gander-lm/gander/core/kernel"

// Int8 stores int8 blocks.
var Int8 = register(Type{
	Name: "int8",
	newChunk: func(kvHeads, headDim int) chunk {
		blocks := blocksOf(headDim)
		return &chunkInt8{
			kvHeads: kvHeads, headDim: headDim, blocks: blocks,
			k: make([]byte, kvHeads*ChunkLen/kernel.GroupRows*blocks*int8Keys.BlockBytes()),
			v: make([]int8, kvHeads*ChunkLen*blocks*kernel.BlockLen), scales: make([]float32, kvHeads*ChunkLen*blocks),
			ints: make([]int8, blocks*kernel.BlockLen), rowScales: make([]float32, blocks),
		}
	},
	chunkBytes: func(kvHeads, headDim int) int64 {
		n := int64(kvHeads) * ChunkLen * int64(blocksOf(headDim))
		return n*int64(int8Keys.BlockBytes())/kernel.GroupRows + n*(kernel.BlockLen+4)
	},
})

var int8Keys = kernel.FormatOf(8, kernel.BlockLen, false)

func blocksOf(headDim int) int { return (headDim + kernel.BlockLen - 1) / kernel.BlockLen }

// chunkInt8 pads the heads to whole blocks.
type chunkInt8 struct {
	kvHeads, headDim, blocks int

	k      []byte    // [kvHeads, ChunkLen/4, blocks] packed blocks of four positions
	v      []int8    // [kvHeads, blocks*2, ChunkLen, 16] panels of sixteen numbers, see kernel.MixInt8
	scales []float32 // [kvHeads, blocks, ChunkLen], of v

	ints      []int8    // a row to be packed
	rowScales []float32 // its scales
}

func (c *chunkInt8) put(p int, k, v []float32) {
	const cols = kernel.PanelCols
	group := c.blocks * int8Keys.BlockBytes()
	for h := range c.kvHeads {
		row := h*ChunkLen + p
		quantizeRow(c.ints, c.rowScales, k[h*c.headDim:(h+1)*c.headDim])
		at := row / kernel.GroupRows * group
		int8Keys.PackRow(c.k[at:at+group], p%kernel.GroupRows, c.ints, c.rowScales, nil)

		quantizeRow(c.ints, c.rowScales, v[h*c.headDim:(h+1)*c.headDim])
		for b, s := range c.rowScales {
			c.scales[(h*c.blocks+b)*ChunkLen+p] = s
		}
		for i := 0; i < len(c.ints); i += cols {
			copy(c.v[(h*len(c.ints)+i)*ChunkLen+p*cols:], c.ints[i:i+cols])
		}
	}
}

func (c *chunkInt8) get(p int, k, v []float32) {
	const cols = kernel.PanelCols
	group := c.blocks * int8Keys.BlockBytes()
	for h := range c.kvHeads {
		row := h*ChunkLen + p
		at := row / kernel.GroupRows * group
		int8Keys.UnpackRow(c.ints, c.rowScales, nil, c.k[at:at+group], p%kernel.GroupRows)
		dequantizeRow(k[h*c.headDim:(h+1)*c.headDim], c.ints, c.rowScales)

		for b := range c.rowScales {
			c.rowScales[b] = c.scales[(h*c.blocks+b)*ChunkLen+p]
		}
		for i := 0; i < len(c.ints); i += cols {
			copy(c.ints[i:i+cols], c.v[(h*len(c.ints)+i)*ChunkLen+p*cols:])
		}
		dequantizeRow(v[h*c.headDim:(h+1)*c.headDim], c.ints, c.rowScales)
	}
	clear(c.ints) // what pads the last block of a row to be packed
}

// dequantizeRow is the inverse of quantizeRow.
func dequantizeRow(x []float32, q []int8, scales []float32) {
	for i := range x {
		x[i] = float32(float32(q[i]) * scales[i/kernel.BlockLen])
	}
}

// quantizeRow quantises x block by block; what pads the last one stays zero.
func quantizeRow(q []int8, scales, x []float32) {
	for b := range scales {
		first, last := b*kernel.BlockLen, min((b+1)*kernel.BlockLen, len(x))
		scales[b] = kernel.QuantizeInt8(q[first:last], x[first:last])
	}
}

func (c *chunkInt8) scores(dst []float32, q *Queries, head, n int) {
	q.quantize(c.blocks * kernel.BlockLen)
	group := c.blocks * int8Keys.BlockBytes()
	at := head * ChunkLen / kernel.GroupRows * group
	int8Keys.MatMul(dst, c.k[at:at+Stride(n)/kernel.GroupRows*group], &q.ints, &q.tile)
}

func (c *chunkInt8) mix(dst, w []float32, stride, head, first, n int) {
	row := head * c.blocks * ChunkLen
	kernel.MixInt8(dst, w, stride, c.v[row*kernel.BlockLen+first*kernel.PanelCols:], c.scales[row+first:], ChunkLen, c.headDim, n)
}

// quantize fills ints, of rows of width values.
func (q *Queries) quantize(width int) {
	if q.ready {
		return
	}
	n, rows := len(q.rows)/q.headDim, q.rows
	if width != q.headDim {
		if cap(q.padded) < n*width {
			q.padded = make([]float32, n*width)
		}
		rows = q.padded[:n*width]
		for i := range n {
			copy(rows[i*width:], q.rows[i*q.headDim:(i+1)*q.headDim])
			clear(rows[i*width+q.headDim : (i+1)*width])
		}
	}
	q.ints.Resize(rows, n, width)
	q.ready = true
}

package quant

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/gander-lm/gander/core/kernel"
)

// Layout is one of the few forms that matrices are computed in.
type Layout int

// The layouts. The packed ones are described in package kernel.
const (
	Dense      Layout = iota // float32, row-major
	PackedInt8               // int8, a float32 scale for 32 columns
	PackedInt4               // int4, a float32 scale for 32 columns
)

// String returns the layout's name.
func (l Layout) String() string {
	return [...]string{"f32", "int8", "int4"}[l]
}

// blockBytes is the size of four rows of 32 columns.
func (l Layout) blockBytes() int {
	return [...]int{4 * 4 * kernel.BlockLen, kernel.Int8BlockBytes, kernel.Int4BlockBytes}[l]
}

// Layout returns the layout that matrices of type t with cols columns are packed
// into. What has no exact packed form is computed in float32.
func (t Type) Layout(cols int) Layout {
	s := t.Split
	if s.Group != kernel.BlockLen || s.Min || cols%kernel.BlockLen != 0 {
		return Dense
	}
	if s.Bits == 4 {
		return PackedInt4
	}
	return PackedInt8
}

// Matrix is a matrix in the form that it is computed in: weights of a linear
// layer [output, input] or an embedding table [vocabulary, hidden].
type Matrix struct {
	Rows, Cols int
	Layout     Layout

	dense  []float32 // [rows, cols], Dense only
	packed []byte    // [padded rows/4, cols/32] blocks, packed layouts only
	padded int       // rows rounded up to a multiple of kernel.RowMultiple
}

// NewMatrix returns a matrix of zeros.
func NewMatrix(rows, cols int, layout Layout) *Matrix {
	m := &Matrix{Rows: rows, Cols: cols, Layout: layout, padded: rows}
	if layout == Dense {
		m.dense = make([]float32, rows*cols)
		return m
	}
	m.padded = (rows + kernel.RowMultiple - 1) / kernel.RowMultiple * kernel.RowMultiple
	m.packed = make([]byte, m.padded/kernel.GroupRows*(cols/kernel.BlockLen)*layout.blockBytes())
	return m
}

// MatrixBytes returns the size in memory of what NewMatrix makes, in bytes.
func MatrixBytes(rows, cols int, layout Layout) int64 {
	if layout == Dense {
		return 4 * int64(rows) * int64(cols)
	}
	groups := (rows + kernel.RowMultiple - 1) / kernel.RowMultiple * (kernel.RowMultiple / kernel.GroupRows)
	return int64(groups) * int64(cols/kernel.BlockLen) * int64(layout.blockBytes())
}

// Bytes returns the size of a matrix in memory, in bytes.
func (m *Matrix) Bytes() int64 { return int64(len(m.packed)) + 4*int64(len(m.dense)) }

// Packer converts rows of one type into a matrix. Its memory serves many calls.
type Packer struct {
	q []int8
	d []float32
}

// Pack converts n rows of type t, from raw, into rows first, first+1, ... of m.
//
// raw: n whole rows, each t.RowBytes(m.Cols) bytes. m.Layout must be t.Layout(m.Cols).
// It panics if the rows are not whole or not within m.
func (p *Packer) Pack(m *Matrix, first, n int, t Type, raw []byte) {
	rowBytes, whole := t.RowBytes(m.Cols)
	if !whole || len(raw) != n*rowBytes || first < 0 || first+n > m.Rows {
		panic(fmt.Sprintf("quant: %d bytes of %s for rows %d to %d of a matrix of %d x %d", len(raw), t.Name, first, first+n, m.Rows, m.Cols))
	}
	if m.Layout == Dense {
		t.Dequantize(m.dense[first*m.Cols:(first+n)*m.Cols], raw)
		return
	}
	if cap(p.q) < m.Cols {
		p.q, p.d = make([]int8, m.Cols), make([]float32, m.Cols/kernel.BlockLen)
	}
	q, d := p.q[:m.Cols], p.d[:m.Cols/kernel.BlockLen]
	for i := range n {
		t.Split.Ints(q, d, nil, raw[i*rowBytes:(i+1)*rowBytes])
		m.setRow(first+i, q, d)
	}
}

// setRow writes one row of integers and scales to its places in the blocks.
func (m *Matrix) setRow(row int, q []int8, d []float32) {
	size := m.Layout.blockBytes()
	lane := row % kernel.GroupRows
	at := row / kernel.GroupRows * len(d) * size
	for b := range d {
		block := m.packed[at+b*size : at+(b+1)*size]
		v := (*[kernel.BlockLen]int8)(q[b*kernel.BlockLen:])
		if m.Layout == PackedInt8 {
			w := bytesOf(v[:])
			for c := range 8 {
				binary.LittleEndian.PutUint32(block[16*c+4*lane:], binary.LittleEndian.Uint32(w[4*c:]))
			}
		} else {
			for c := range 4 {
				binary.LittleEndian.PutUint32(block[16*c+4*lane:], nibbles((*[8]int8)(v[8*c:])))
			}
		}
		binary.LittleEndian.PutUint32(block[size-16+4*lane:], math.Float32bits(d[b]))
	}
}

// bytesOf returns the memory of integers as bytes.
func bytesOf(q []int8) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(&q[0])), len(q)) }

// nibbles packs eight columns of a row: columns 0, 1, 4, 5 in the lower int16,
// lowest nibble first, and 2, 3, 6, 7 in the upper.
func nibbles(v *[8]int8) uint32 {
	n := func(i int) uint32 { return uint32(v[i]+8) & 15 }
	return n(0) | n(1)<<4 | n(4)<<8 | n(5)<<12 | n(2)<<16 | n(3)<<20 | n(6)<<24 | n(7)<<28
}

// Row writes the values of a row to dst [cols].
func (m *Matrix) Row(dst []float32, row int) {
	if m.Layout == Dense {
		copy(dst, m.dense[row*m.Cols:(row+1)*m.Cols])
		return
	}
	size := m.Layout.blockBytes()
	lane, blocks := row%kernel.GroupRows, m.Cols/kernel.BlockLen
	at := row / kernel.GroupRows * blocks * size
	for b := range blocks {
		block := m.packed[at+b*size : at+(b+1)*size]
		d := math.Float32frombits(binary.LittleEndian.Uint32(block[size-16+4*lane:]))
		out := dst[b*kernel.BlockLen : (b+1)*kernel.BlockLen]
		for i := range out {
			out[i] = d * float32(m.at(block, lane, i))
		}
	}
}

// at returns the integer of column i of a lane's row in a block.
func (m *Matrix) at(block []byte, lane, i int) int {
	if m.Layout == PackedInt8 {
		return int(int8(block[i/4*16+4*lane+i%4]))
	}
	// Within eight columns: bit 1 of the column chooses the int16, bits 0 and 2 the nibble.
	word := binary.LittleEndian.Uint16(block[i/8*16+4*lane+i&2:])
	return int(word>>(4*(i&1|i>>1&2))&15) - 8
}

// Workspace is the memory that products need beside their operands; one serves
// many products, one at a time.
type Workspace struct {
	tile kernel.Tile
	out  []float32
}

// MatMul writes x·mᵀ to dst: dst[t][r] is the dot product of row r of m and row t of x.
//
// dst [x.Tokens, m.Rows] f32. A packed matrix needs x.Quantize to have been called.
// It panics if x has another number of columns than m or dst another size.
func (m *Matrix) MatMul(dst []float32, x *kernel.Activations, ws *Workspace) {
	if x.Cols != m.Cols || len(dst) != x.Tokens*m.Rows {
		panic(fmt.Sprintf("quant: product of a matrix of %d x %d with %d tokens of %d into %d values", m.Rows, m.Cols, x.Tokens, x.Cols, len(dst)))
	}
	out := dst
	if m.padded != m.Rows {
		if n := x.Tokens * m.padded; cap(ws.out) < n {
			ws.out = make([]float32, n)
		}
		out = ws.out[:x.Tokens*m.padded]
	}
	switch m.Layout {
	case Dense:
		kernel.MatMul(dst, m.dense, x.X, m.Rows, m.Cols, x.Tokens)
	case PackedInt8:
		kernel.MatMulInt8(out, m.packed, x, &ws.tile)
	case PackedInt4:
		kernel.MatMulInt4(out, m.packed, x, &ws.tile)
	}
	if m.padded != m.Rows {
		for t := range x.Tokens {
			copy(dst[t*m.Rows:(t+1)*m.Rows], out[t*m.padded:])
		}
	}
}

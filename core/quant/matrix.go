package quant

import (
	"fmt"

	"github.com/gander-lm/gander/core/kernel"
)

// Layout is the form that a matrix is computed in: one of the packed formats of
// package kernel, or Dense.
type Layout struct {
	packed *kernel.Packed
}

// Dense is float32, row-major.
var Dense = Layout{}

// String returns the layout's name, such as "f32" or "int8 g32".
func (l Layout) String() string {
	if l.packed == nil {
		return "f32"
	}
	return l.packed.String()
}

// Bits returns the bits of a packed weight, 8 or 4; of Dense 0.
func (l Layout) Bits() int {
	if l.packed == nil {
		return 0
	}
	return l.packed.Bits
}

// Layout returns the layout that matrices of type t with cols columns are packed
// into: the one of its Split, so that no value changes (but see kernel.Packed for the weight
// -128). A type without a Split, and rows that are not a multiple of 32, are computed in float32.
func (t Type) Layout(cols int) Layout {
	if t.Split.Group == 0 || cols%kernel.BlockLen != 0 {
		return Dense
	}
	return Layout{kernel.FormatOf(t.Split.Bits, t.Split.Group, t.Split.Min)}
}

// Matrix is a matrix in the form that it is computed in: weights of a linear
// layer [output, input] or an embedding table [vocabulary, hidden].
type Matrix struct {
	Rows, Cols int
	Layout     Layout

	dense  []float32 // [rows, cols], Dense only
	panels []panel   // packed layouts only
	second int       // the first panel of the second of two sums (see Room.Init); 0: there is one
	padded int       // rows rounded up to a multiple of kernel.RowMultiple
}

// panel is some columns of a packed matrix, as a matrix of their own.
type panel struct {
	from, to int
	w        []byte // [padded rows/4, (to-from)/32] blocks
}

// panelCols is how many columns a panel has at most. The activations of so many, 8 KB, stay
// in a processor's first cache beside the weights, which run through it; those of all columns
// of a wide matrix don't (docs/kernels.md has what that costs).
const panelCols = 1024

// NewMatrix returns a matrix of zeros.
func NewMatrix(rows, cols int, layout Layout) *Matrix {
	m := &Matrix{}
	NewRoom([]int64{MatrixBytes(rows, cols, layout)}).Init(m, rows, cols, 0, layout)
	return m
}

// roomBytes is how much memory a Room takes at a time, at least: little enough to fit where
// something was freed.
const roomBytes = 16 << 20

// Room is memory for the packed matrices of a model, in a few pieces. A WebAssembly memory
// grows as often then: each time costs, and makes the browser collect garbage.
type Room struct {
	sizes []int64 // of the matrices that there is no memory for yet
	free  []byte
}

// NewRoom returns room for matrices, given the MatrixBytes of each in the order of the
// calls of Init. Those of Dense don't count.
func NewRoom(sizes []int64) *Room { return &Room{sizes: sizes} }

// Init makes m a matrix of zeros that lies in the room.
//
// With half, a multiple of 32 below cols or zero, a value of a product is made of two sums,
// that of the columns before half and that of those behind: so it has the bits of the products
// of two matrices that have these columns. Packed layouts only. It panics if that is not so.
func (r *Room) Init(m *Matrix, rows, cols, half int, layout Layout) {
	if half != 0 && (half < 0 || half >= cols || half%kernel.BlockLen != 0 || layout == Dense) {
		panic(fmt.Sprintf("quant: %d of %d columns of %s are no half", half, cols, layout))
	}
	*m = Matrix{Rows: rows, Cols: cols, Layout: layout, padded: rows}
	if layout == Dense {
		m.dense = make([]float32, rows*cols)
		return
	}
	m.padded = (rows + kernel.RowMultiple - 1) / kernel.RowMultiple * kernel.RowMultiple
	if len(r.free) == 0 {
		r.grow()
	}
	m.cut(r, 0, half)
	m.second = len(m.panels)
	m.cut(r, half, cols)
}

// cut appends the panels of some columns.
func (m *Matrix) cut(r *Room, from, to int) {
	for ; from < to; from += panelCols {
		p := panel{from: from, to: min(from+panelCols, to)}
		bytes := MatrixBytes(m.Rows, p.to-p.from, m.Layout)
		p.w, r.free = r.free[:bytes:bytes], r.free[bytes:]
		m.panels = append(m.panels, p)
	}
}

// grow takes memory for the next matrices.
func (r *Room) grow() {
	n := int64(0)
	for n < roomBytes && len(r.sizes) > 0 {
		n, r.sizes = n+r.sizes[0], r.sizes[1:]
	}
	r.free = make([]byte, n)
}

// MatrixBytes returns the size in memory of what NewMatrix makes, in bytes.
func MatrixBytes(rows, cols int, layout Layout) int64 {
	if layout == Dense {
		return 4 * int64(rows) * int64(cols)
	}
	groups := (rows + kernel.RowMultiple - 1) / kernel.RowMultiple * (kernel.RowMultiple / kernel.GroupRows)
	return int64(groups) * int64(cols/kernel.BlockLen) * int64(layout.packed.BlockBytes())
}

// Half returns the columns of the first of two sums that a value of a product is made of,
// 0 if it is one sum.
func (m *Matrix) Half() int {
	if m.second == 0 {
		return 0
	}
	return m.panels[m.second].from
}

// Bytes returns the size of a matrix in memory, in bytes.
func (m *Matrix) Bytes() int64 {
	n := 4 * int64(len(m.dense))
	for _, p := range m.panels {
		n += int64(len(p.w))
	}
	return n
}

// group returns the blocks of the group that a row belongs to.
func (p *panel) group(row int, f *kernel.Packed) []byte {
	size := (p.to - p.from) / kernel.BlockLen * f.BlockBytes()
	at := row / kernel.GroupRows * size
	return p.w[at : at+size]
}

// Row writes the values of a row to dst [cols].
func (m *Matrix) Row(dst []float32, row int) {
	if m.Layout == Dense {
		copy(dst, m.dense[row*m.Cols:(row+1)*m.Cols])
		return
	}
	f := m.Layout.packed
	size, scales := f.BlockBytes(), kernel.BlockLen/f.Group
	var q [kernel.BlockLen]int8
	var d, least [kernel.BlockLen / minGroup]float32
	for i := range m.panels {
		for group := m.panels[i].group(row, f); len(group) > 0; group, dst = group[size:], dst[kernel.BlockLen:] {
			f.UnpackRow(q[:], d[:scales], least[:scales], group[:size], row%kernel.GroupRows)
			for i, n := range q {
				x := float32(d[i/f.Group] * float32(n))
				if f.Min {
					x -= least[i/f.Group]
				}
				dst[i] = x
			}
		}
	}
}

// Workspace is the memory that products need beside their operands; one serves
// many products, one at a time.
type Workspace struct {
	tile   kernel.Tile
	out    []float32 // of a matrix with padded rows
	second []float32 // the second of two sums
}

// Bytes returns the size of the memory held, in bytes.
func (w *Workspace) Bytes() int64 {
	return w.tile.Bytes() + 4*int64(cap(w.out)+cap(w.second))
}

// floats returns n floats in the memory of buffer, which grows.
func floats(buffer *[]float32, n int) []float32 {
	if cap(*buffer) < n {
		*buffer = make([]float32, n)
	}
	return (*buffer)[:n]
}

// Quantize makes of x what a product with m takes. MatMul does so too.
func (m *Matrix) Quantize(x *kernel.Activations) {
	if m.Layout != Dense {
		x.Quantize(m.Layout.Bits())
	}
}

// MatMul writes x·mᵀ to dst: dst[t][r] is the dot product of row r of m and row t of x.
//
// dst [x.Tokens, m.Rows] f32.
// It panics if x has another number of columns than m or dst another size.
func (m *Matrix) MatMul(dst []float32, x *kernel.Activations, ws *Workspace) {
	if x.Cols != m.Cols || len(dst) != x.Tokens*m.Rows {
		panic(fmt.Sprintf("quant: product of a matrix of %d x %d with %d tokens of %d into %d values", m.Rows, m.Cols, x.Tokens, x.Cols, len(dst)))
	}
	if m.Layout == Dense {
		kernel.MatMul(dst, m.dense, x.X, m.Rows, m.Cols, x.Tokens)
		return
	}
	out := dst
	if m.padded != m.Rows {
		out = floats(&ws.out, x.Tokens*m.padded)
	}
	if m.second == 0 {
		m.sum(out, m.panels, x, ws)
	} else {
		second := floats(&ws.second, len(out))
		m.sum(out, m.panels[:m.second], x, ws)
		m.sum(second, m.panels[m.second:], x, ws)
		kernel.Add(out, second)
	}
	if m.padded != m.Rows {
		for t := range x.Tokens {
			copy(dst[t*m.Rows:(t+1)*m.Rows], out[t*m.padded:])
		}
	}
}

// sum writes the product with some panels to dst [x.Tokens, padded rows].
func (m *Matrix) sum(dst []float32, panels []panel, x *kernel.Activations, ws *Workspace) {
	clear(dst)
	for _, p := range panels {
		m.Layout.packed.MatMulAdd(dst, p.w, x, p.from, p.to, &ws.tile)
	}
}

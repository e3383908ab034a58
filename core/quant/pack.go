package quant

import (
	"fmt"

	"github.com/gander-lm/gander/core/kernel"
)

// packCols is how many columns are packed at a time: whole blocks of every type and
// of the packed formats, and few enough that the integers on their way stay in the
// processor's first cache.
const packCols = 512

// minGroup is the fewest values that share a scale in any type.
const minGroup = 16

// Packer converts rows of one type into a matrix. Its memory serves many calls.
type Packer struct {
	q    [kernel.GroupRows * packCols]int8
	d, m [kernel.GroupRows * packCols / minGroup]float32
	raw  []byte // the blocks of some columns of a group of rows
}

// Pack converts n rows of type t, from raw, into rows first, first+1, ... of m. Rows
// may come in any pieces; it is fastest where first is a multiple of four.
//
// raw: n whole rows, each t.RowBytes(m.Cols) bytes. m.Layout must be t.Layout(m.Cols).
// It panics if the rows are not whole or not within m.
func (p *Packer) Pack(m *Matrix, first, n int, t Type, raw []byte) {
	p.PackColumns(m, first, n, t, raw, m.Cols, 0)
}

// PackColumns is Pack for a matrix that has only some of the rows' columns: those from
// column from on.
//
// raw: n whole rows of cols columns. m.Layout must be t.Layout(cols). A packed m may have
// any blocks of 32 columns, a dense one must have all columns.
// It panics if that is not so.
func (p *Packer) PackColumns(m *Matrix, first, n int, t Type, raw []byte, cols, from int) {
	rowBytes, whole := t.RowBytes(cols)
	to := from + m.Cols
	if !whole || len(raw) != n*rowBytes || first < 0 || first+n > m.Rows || from < 0 || to > cols || m.Cols < cols && (m.Layout == Dense || from%kernel.BlockLen != 0) {
		panic(fmt.Sprintf("quant: %d bytes of %s for rows %d to %d of a matrix of %d x %d, columns %d to %d of %d", len(raw), t.Name, first, first+n, m.Rows, m.Cols, from, to, cols))
	}
	if m.Layout == Dense {
		t.Dequantize(m.dense[first*cols:(first+n)*cols], raw)
		return
	}
	for n > 0 {
		rows := 1
		if first%kernel.GroupRows == 0 && n >= kernel.GroupRows {
			rows = kernel.GroupRows
		}
		for i := range m.panels {
			p.packPanel(&m.panels[i], m.Layout.packed, first, rows, t, raw[:rows*rowBytes], from)
		}
		raw, first, n = raw[rows*rowBytes:], first+rows, n-rows
	}
}

// packPanel converts the columns of a panel, of a whole group of rows or of one of it; the
// matrix has those from column from on.
func (p *Packer) packPanel(c *panel, f *kernel.Packed, first, rows int, t Type, raw []byte, from int) {
	from, to := from+c.from, from+c.to
	begin, end := from/t.BlockLen*t.BlockBytes, (to+t.BlockLen-1)/t.BlockLen*t.BlockBytes // of their blocks in a row
	dst, src := c.group(first, f), p.columns(raw, rows, len(raw)/rows, begin, end)
	if rows == kernel.GroupRows && t.Split.packGroup != nil && from%t.BlockLen == 0 && to%t.BlockLen == 0 {
		t.Split.packGroup(dst, src)
	} else {
		p.packRows(dst, f, first, rows, t, src, from%t.BlockLen, to-from)
	}
}

// columns returns of each of some rows the bytes from begin to end, behind each other.
func (p *Packer) columns(raw []byte, rows, rowBytes, begin, end int) []byte {
	if end-begin == rowBytes {
		return raw[:rows*rowBytes]
	}
	p.raw = p.raw[:0]
	for r := range rows {
		p.raw = append(p.raw, raw[r*rowBytes+begin:r*rowBytes+end]...)
	}
	return p.raw
}

// packRows converts a whole group of rows, or one of it, from their blocks, of which the
// first skip columns, and what comes behind the next left, are not for dst.
func (p *Packer) packRows(dst []byte, f *kernel.Packed, first, rows int, t Type, src []byte, skip, left int) {
	rowBytes, step := len(src)/rows, packCols/t.BlockLen*t.BlockBytes
	for at := 0; at < rowBytes; at += step {
		bytes := min(step, rowBytes-at)
		cols := bytes / t.BlockBytes * t.BlockLen
		scales := cols / t.Split.Group
		for r := range rows {
			t.Split.Ints(p.q[r*cols:(r+1)*cols], p.d[r*scales:(r+1)*scales], p.m[r*scales:(r+1)*scales], src[r*rowBytes+at:r*rowBytes+at+bytes])
		}
		own := min(cols-skip, left)
		q, d, m := keep(p.q[:], rows, cols, skip, own), keep(p.d[:], rows, scales, skip/t.Split.Group, own/t.Split.Group), keep(p.m[:], rows, scales, skip/t.Split.Group, own/t.Split.Group)
		size := own / kernel.BlockLen * f.BlockBytes()
		if rows == kernel.GroupRows {
			f.PackGroup(dst[:size], q, d, m)
		} else {
			f.PackRow(dst[:size], first%kernel.GroupRows, q, d, m)
		}
		dst, left, skip = dst[size:], left-own, 0
	}
}

// keep moves the values from skip to skip+n of each row of x [rows, width] together
// and returns them.
func keep[T any](x []T, rows, width, skip, n int) []T {
	if n < width {
		for r := range rows {
			copy(x[r*n:], x[r*width+skip:r*width+skip+n])
		}
	}
	return x[:rows*n]
}

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
}

// Pack converts n rows of type t, from raw, into rows first, first+1, ... of m. Rows
// may come in any pieces; it is fastest where first is a multiple of four.
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
	for n > 0 {
		rows := 1
		if first%kernel.GroupRows == 0 && n >= kernel.GroupRows {
			rows = kernel.GroupRows
		}
		src, dst := raw[:rows*rowBytes], m.group(first)
		if rows == kernel.GroupRows && t.Split.packGroup != nil {
			t.Split.packGroup(dst, src)
		} else {
			p.packRows(dst, m.Layout.packed, first, rows, t, src)
		}
		raw, first, n = raw[rows*rowBytes:], first+rows, n-rows
	}
}

// packRows converts a whole group of rows, or one of it, into dst, the group's blocks.
func (p *Packer) packRows(dst []byte, f *kernel.Packed, first, rows int, t Type, src []byte) {
	rowBytes, step := len(src)/rows, packCols/t.BlockLen*t.BlockBytes
	for at := 0; at < rowBytes; at += step {
		bytes := min(step, rowBytes-at)
		cols := bytes / t.BlockBytes * t.BlockLen
		scales, size := cols/t.Split.Group, cols/kernel.BlockLen*f.BlockBytes()
		for r := range rows {
			t.Split.Ints(p.q[r*cols:(r+1)*cols], p.d[r*scales:(r+1)*scales], p.m[r*scales:(r+1)*scales], src[r*rowBytes+at:r*rowBytes+at+bytes])
		}
		q, d, m := p.q[:rows*cols], p.d[:rows*scales], p.m[:rows*scales]
		if rows == kernel.GroupRows {
			f.PackGroup(dst[:size], q, d, m)
		} else {
			f.PackRow(dst[:size], first%kernel.GroupRows, q, d, m)
		}
		dst = dst[size:]
	}
}

package quant

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/kernel"
)

// TestPanelsAreNotSeen: a wide matrix, of one sum or of two, has the bits of products that
// walk all columns of a sum at once, one token by one or in a batch.
func TestPanelsAreNotSeen(t *testing.T) {
	const rows, cols = 21, 2*panelCols + 768
	for _, typ := range []Type{Q8_0, Q4_0, Q4_K} {
		for _, half := range []int{0, 32, 1024, panelCols, panelCols + 256, 2*panelCols + 256} {
			t.Run(fmt.Sprintf("%s, half %d", typ.Name, half), func(t *testing.T) {
				r := rand.New(rand.NewPCG(7, uint64(typ.ID)))
				raw, layout := randomRows(r, typ, rows, cols), typ.Layout(cols)
				m := &Matrix{}
				NewRoom([]int64{MatrixBytes(rows, cols, layout)}).Init(m, rows, cols, half, layout)
				var p Packer
				p.Pack(m, 0, rows, typ, raw)
				require.Equal(t, half, m.Half())
				require.Equal(t, MatrixBytes(rows, cols, layout), m.Bytes())

				values, row := make([]float32, rows*cols), make([]float32, cols)
				typ.Dequantize(values, raw)
				for i := range rows {
					m.Row(row, i)
					require.Equal(t, values[i*cols:(i+1)*cols], row, "row %d", i)
				}
				for _, tokens := range []int{1, 3, 33, 34} {
					x := make([]float32, tokens*cols)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					want := make([]float32, tokens*rows)
					for _, part := range [][2]int{{0, half}, {half, cols}} {
						if part[0] < part[1] {
							kernel.Add(want, columnsProduct(typ, raw, rows, cols, x, part[0], part[1]))
						}
					}
					var a kernel.Activations
					a.Resize(x, tokens, cols)
					got := make([]float32, tokens*rows)
					m.MatMul(got, &a, &Workspace{})
					require.Equal(t, want, got, "%d tokens", tokens)
					if half > kernel.BlockLen { // in front of one block, the order would be nearly the same
						require.NotEqual(t, columnsProduct(typ, raw, rows, cols, x, 0, cols), got, "another order of the sums")
					}
				}
			})
		}
	}
	for _, half := range []int{-32, 16, cols, cols + 32} {
		layout := Q8_0.Layout(cols)
		room := NewRoom([]int64{MatrixBytes(rows, cols, layout)})
		require.Panics(t, func() { room.Init(&Matrix{}, rows, cols, half, layout) }, "%d columns", half)
	}
	require.Panics(t, func() { NewRoom(nil).Init(&Matrix{}, rows, cols, 32, Dense) })
}

// columnsProduct multiplies with some columns, in one panel, one token at a time.
func columnsProduct(typ Type, raw []byte, rows, cols int, x []float32, from, to int) []float32 {
	m := &Matrix{Rows: rows, Cols: to - from, Layout: typ.Layout(cols), padded: (rows + 15) / 16 * 16}
	m.panels = []panel{{to: m.Cols, w: make([]byte, MatrixBytes(rows, m.Cols, m.Layout))}}
	new(Packer).PackColumns(m, 0, rows, typ, raw, cols, from)
	var dst []float32
	for ; len(x) > 0; x = x[cols:] {
		var a kernel.Activations
		a.Resize(x[from:to], 1, to-from)
		y := make([]float32, rows)
		m.MatMul(y, &a, &Workspace{})
		dst = append(dst, y...)
	}
	return dst
}

// BenchmarkWide multiplies with matrices of ever more columns, larger than the caches.
func BenchmarkWide(b *testing.B) {
	for _, typ := range []Type{Q8_0, Q4_0} {
		for _, shape := range []struct{ cols, tokens int }{{1024, 1}, {3072, 1}, {4864, 1}, {8192, 1}, {14336, 1}, {4864, 64}, {14336, 64}} {
			b.Run(fmt.Sprintf("%s/%dx%d", typ.Name, shape.cols, shape.tokens), func(b *testing.B) {
				rows := (96 << 20) / shape.cols / 16 * 16
				if shape.tokens > 1 {
					rows /= 16
				}
				m := NewMatrix(rows, shape.cols, typ.Layout(shape.cols))
				raw := randomRows(rand.New(rand.NewPCG(8, 1)), typ, 16, shape.cols)
				var p Packer
				for row := 0; row+16 <= rows; row += 16 {
					p.Pack(m, row, 16, typ, raw)
				}
				x, dst := make([]float32, shape.tokens*shape.cols), make([]float32, shape.tokens*rows)
				for i := range x {
					x[i] = float32(i%7) - 3
				}
				var a kernel.Activations
				var ws Workspace
				a.Resize(x, shape.tokens, shape.cols)
				for b.Loop() {
					m.MatMul(dst, &a, &ws)
				}
				b.ReportMetric(float64(b.N)*float64(rows*shape.cols*shape.tokens)/b.Elapsed().Seconds()/1e9, "G/s")
			})
		}
	}
}

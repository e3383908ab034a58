package quant

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/kernel"
)

// randomRows returns rows of a type: of random values where it can be written,
// else of random bits with all f16 scales finite.
func randomRows(r *rand.Rand, typ Type, rows, cols int) []byte {
	rowBytes, _ := typ.RowBytes(cols)
	raw := make([]byte, rows*rowBytes)
	if typ.Quantize != nil {
		x := make([]float32, rows*cols)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		typ.Quantize(raw, x)
		return raw
	}
	for i := range raw {
		raw[i] = byte(r.Uint32()) &^ 0x40 // no byte of an f16 then has its highest exponent bit
	}
	return raw
}

// TestPackKeepsValues packs random rows of every type and reads them back.
func TestPackKeepsValues(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(typ.ID)))
			for _, rows := range []int{1, 4, 16, 17, 35} {
				cols := max(96, typ.BlockLen*3)
				rowBytes, whole := typ.RowBytes(cols)
				require.True(t, whole)
				raw := randomRows(r, typ, rows, cols)
				want := make([]float32, rows*cols)
				typ.Dequantize(want, raw)

				m := NewMatrix(rows, cols, typ.Layout(cols))
				var p Packer
				half := rows / 2
				p.Pack(m, 0, half, typ, raw[:half*rowBytes])
				p.Pack(m, half, rows-half, typ, raw[half*rowBytes:])
				got := make([]float32, cols)
				for i := range rows {
					m.Row(got, i)
					require.Equal(t, want[i*cols:(i+1)*cols], got, "row %d of %d", i, rows)
				}
			}
		})
	}
}

// TestPackInPieces packs the same rows in pieces that cut the groups of four in every
// way, and in any order: the matrix has the same bytes as when packed at once.
func TestPackInPieces(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(4, uint64(typ.ID)))
			const rows = 21
			for _, cols := range []int{max(32, typ.BlockLen), 2*packCols + max(32, typ.BlockLen)} {
				rowBytes, _ := typ.RowBytes(cols)
				raw := randomRows(r, typ, rows, cols)
				want := NewMatrix(rows, cols, typ.Layout(cols))
				var p Packer
				p.Pack(want, 0, rows, typ, raw)
				for range 20 {
					got := NewMatrix(rows, cols, typ.Layout(cols))
					cuts := []int{0}
					for at := 0; at < rows; {
						at = min(rows, at+1+r.IntN(9))
						cuts = append(cuts, at)
					}
					for _, i := range r.Perm(len(cuts) - 1) {
						p.Pack(got, cuts[i], cuts[i+1]-cuts[i], typ, raw[cuts[i]*rowBytes:cuts[i+1]*rowBytes])
					}
					require.Equal(t, want.panels, got.panels, "cut at %d", cuts)
					require.Equal(t, want.dense, got.dense, "cut at %d", cuts)
				}
			}
		})
	}
}

// TestPackColumns packs two parts of the columns into matrices of their own, cut between
// any two blocks of 32, also within a block of the type.
func TestPackColumns(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, uint64(typ.ID)))
			const rows = 11
			cols := packCols + 3*max(64, typ.BlockLen)
			layout := typ.Layout(cols)
			if layout == Dense {
				m := NewMatrix(1, 64, Dense)
				require.Panics(t, func() { new(Packer).PackColumns(m, 0, 1, typ, make([]byte, cols*typ.BlockBytes), cols, 0) })
				return
			}
			rowBytes, _ := typ.RowBytes(cols)
			raw := randomRows(r, typ, rows, cols)
			whole := NewMatrix(rows, cols, layout)
			var p Packer
			p.Pack(whole, 0, rows, typ, raw)
			want, first, second := make([]float32, cols), make([]float32, cols), make([]float32, cols)
			for at := kernel.BlockLen; at < cols; at += kernel.BlockLen {
				a, b := NewMatrix(rows, at, layout), NewMatrix(rows, cols-at, layout)
				piece := 1 + r.IntN(rows)
				for row := 0; row < rows; row += piece {
					n := min(piece, rows-row)
					bytes := raw[row*rowBytes : (row+n)*rowBytes]
					p.PackColumns(a, row, n, typ, bytes, cols, 0)
					p.PackColumns(b, row, n, typ, bytes, cols, at)
				}
				for row := range rows {
					whole.Row(want, row)
					a.Row(first[:at], row)
					b.Row(second[:cols-at], row)
					require.Equal(t, want[:at], first[:at], "row %d, cut at %d", row, at)
					require.Equal(t, want[at:], second[:cols-at], "row %d, cut at %d", row, at)
				}
			}
			m := NewMatrix(4, 64, typ.Layout(cols))
			bytes := raw[:4*rowBytes]
			require.Panics(t, func() { p.PackColumns(m, 0, 4, typ, bytes, cols, 16) }, "within a block")
			require.Panics(t, func() { p.PackColumns(m, 0, 4, typ, bytes, cols, cols-32) }, "behind the end")
			require.Panics(t, func() { p.PackColumns(m, 0, 4, typ, bytes, cols, -32) }, "before the beginning")
		})
	}
}

// FuzzPack packs a row of any bits as every type: what comes back has the bits of
// what Dequantize makes, infinite and NaN scales included, and nothing panics. Of Q8_0,
// the weight -128 comes back as -127.
func FuzzPack(f *testing.F) {
	random := make([]byte, 1024)
	r := rand.New(rand.NewPCG(3, 1))
	for range 16 {
		for i := range random {
			random[i] = byte(r.Uint32())
		}
		f.Add(random)
	}
	f.Add([]byte{0})
	f.Add([]byte{0xff})
	f.Add([]byte{0x00, 0x7c})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		for _, typ := range Types() {
			cols := max(32, typ.BlockLen)
			rowBytes, _ := typ.RowBytes(cols)
			raw := make([]byte, rowBytes)
			for i := range raw {
				raw[i] = data[i%len(data)]
			}
			want, got := make([]float32, cols), make([]float32, cols)
			typ.Dequantize(want, raw)
			if typ.ID == Q8_0.ID {
				for i, q := range raw[2:] {
					if q == 0x80 {
						want[i] = float32(F16(binary.LittleEndian.Uint16(raw)) * -127)
					}
				}
			}
			m := NewMatrix(1, cols, typ.Layout(cols))
			var p Packer
			p.Pack(m, 0, 1, typ, raw)
			m.Row(got, 0)
			for i, x := range want {
				if math.Float32bits(x) != math.Float32bits(got[i]) && (x == x || got[i] == got[i]) {
					t.Fatalf("%s: value %d is %v, packed %v", typ.Name, i, x, got[i])
				}
			}
		}
	})
}

// TestMatMulNearFloat64 compares products with those of the same values in
// float64, within the rounding of 12-bit activations.
func TestMatMulNearFloat64(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, uint64(typ.ID)))
			rows, cols, tokens := 37, 256, 5
			assert.Equal(t, typ.Split.Group == 0, typ.Layout(cols) == Dense, "every type of integers and scales runs packed")
			w, x := make([]float32, rows*cols), make([]float32, tokens*cols)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			raw := randomRows(r, typ, rows, cols)
			typ.Dequantize(w, raw)
			m := NewMatrix(rows, cols, typ.Layout(cols))
			var p Packer
			p.Pack(m, 0, rows, typ, raw)

			var a kernel.Activations
			a.Resize(x, tokens, cols)
			got := make([]float32, tokens*rows)
			m.MatMul(got, &a, &Workspace{})
			for i := range got {
				row, token := w[i%rows*cols:][:cols], x[i/rows*cols:][:cols]
				want, bound := 0.0, 0.0
				for k := range row {
					want += float64(row[k]) * float64(token[k])
					step := 0.0
					if m.Layout != Dense {
						most := slices.MaxFunc(token[k/32*32:k/32*32+32], func(a, b float32) int { return cmp.Compare(max(a, -a), max(b, -b)) })
						step = math.Abs(float64(most)) / 1927 / 2
					}
					bound += math.Abs(float64(row[k])) * (step + 1e-6*math.Abs(float64(token[k])))
				}
				require.InDelta(t, want, float64(got[i]), bound, "value %d", i)
			}
		})
	}
}

func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		f := F16(uint16(h))
		if f != f {
			assert.True(t, F16(ToF16(f)) != F16(ToF16(f)), "NaN %04x", h)
			continue
		}
		require.Equal(t, uint16(h), ToF16(f), "%04x is %v", h, f)
	}
	for _, c := range []struct {
		name string
		f    float32
		want uint16
	}{
		{"one", 1, 0x3c00}, {"smallest subnormal", 0x1p-24, 1}, {"half of it goes to even", 0x1p-25, 0}, {"more than half", 0x1.8p-25, 1},
		{"largest", 65504, 0x7bff}, {"just below the tie", 65519.996, 0x7bff}, {"tie to infinity", 65520, 0x7c00},
		{"tie to even down", 1 + 0x1p-11, 0x3c00}, {"tie to even up", 1 + 0x3p-11, 0x3c02}, {"infinity", float32(math.Inf(-1)), 0xfc00},
	} {
		assert.Equal(t, c.want, ToF16(c.f), c.name)
	}
	assert.Equal(t, uint16(0x3f80), ToBF16(1))
	assert.Equal(t, uint16(0x3f80), ToBF16(1+0x1p-8), "tie to even")
	assert.Equal(t, uint16(0x3f82), ToBF16(1+0x3p-8), "tie to even")
}

// BenchmarkPack measures weights a second from every type's bytes to what is computed on.
func BenchmarkPack(b *testing.B) {
	for _, typ := range Types() {
		b.Run(typ.Name, func(b *testing.B) {
			const rows, cols = 512, 1536
			raw := randomRows(rand.New(rand.NewPCG(5, 1)), typ, rows, cols)
			m := NewMatrix(rows, cols, typ.Layout(cols))
			var p Packer
			for b.Loop() {
				p.Pack(m, 0, rows, typ, raw)
			}
			b.ReportMetric(float64(b.N)*rows*cols/b.Elapsed().Seconds()/1e6, "Mweights/s")
		})
	}
}

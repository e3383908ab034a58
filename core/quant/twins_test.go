package quant

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/kernel"
)

// These tests hold the kernels of this package to their plain twins, bit for bit.

// TestPackGroupEqualsInts packs with a type's packGroup and by its Ints.
func TestPackGroupEqualsInts(t *testing.T) {
	for _, typ := range []Type{Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K} {
		t.Run(typ.Name, func(t *testing.T) {
			if typ.Split.packGroup == nil {
				t.Skip("no kernel in this mode")
			}
			r := rand.New(rand.NewPCG(11, uint64(typ.ID)))
			plain := typ
			plain.Split.packGroup = nil
			for blocks := 1; blocks < 20; blocks++ {
				for off := range 4 {
					cols, size := blocks*typ.BlockLen, blocks*kernel.GroupRows*typ.BlockBytes
					raw := make([]byte, size+off)[off:]
					for i := range raw {
						raw[i] = byte(r.Uint32()) // all scales, NaN included
					}
					want, got := NewMatrix(12, cols, typ.Layout(cols)), NewMatrix(12, cols, typ.Layout(cols))
					var p Packer
					p.Pack(want, 4, 4, plain, raw)
					p.Pack(got, 4, 4, typ, raw)
					require.Equal(t, want.panels, got.panels, "%d blocks", blocks)
				}
			}
		})
	}
}

// TestLookUpEqualsGeneric looks up all bytes, between guards.
func TestLookUpEqualsGeneric(t *testing.T) {
	for n := 16; n <= 256; n += 16 {
		qs := make([]byte, n)
		for i := range qs {
			qs[i] = byte(i*37 + n)
		}
		want, got := make([]int8, 2*n), make([]int8, 2*n+32)
		for i := range got {
			got[i] = 0x5a
		}
		lookUpGeneric(want, qs, &tableIQ4)
		lookUp(got[16:16+2*n], qs, &tableIQ4)
		require.Equal(t, want, got[16:16+2*n])
		for i, v := range got {
			if i < 16 || i >= 16+2*n {
				require.Equal(t, int8(0x5a), v, "outside, at %d", i)
			}
		}
	}
}

// TestFloatsEqualGeneric converts every binary16 and bfloat16 number, and float32 with
// the same upper half, in slices of all lengths and offsets between guards.
func TestFloatsEqualGeneric(t *testing.T) {
	for _, c := range []struct {
		typ   Type
		plain func(dst []float32, src []byte)
	}{{F32, dequantizeF32Generic}, {Float16, dequantizeF16Generic}, {BFloat16, dequantizeBF16Generic}} {
		t.Run(c.typ.Name, func(t *testing.T) {
			all := make([]byte, 1<<16*c.typ.BlockBytes)
			for i := range 1 << 16 {
				binary.LittleEndian.PutUint16(all[(i+1)*c.typ.BlockBytes-2:], uint16(i))
			}
			check := func(src []byte) {
				t.Helper()
				n := len(src) / c.typ.BlockBytes
				want, got := make([]float32, n), make([]float32, n+8)
				for i := range got {
					got[i] = 0.5
				}
				c.plain(want, src)
				c.typ.Dequantize(got[4:4+n], src)
				for i, x := range got {
					w := float32(0.5)
					if i >= 4 && i < 4+n {
						w = want[i-4]
					}
					if math.Float32bits(w) != math.Float32bits(x) {
						t.Fatalf("%d values: at %d want %08x, got %08x", n, i-4, math.Float32bits(w), math.Float32bits(x))
					}
				}
			}
			check(all)
			for n := range 20 {
				for off := range 4 {
					check(append(make([]byte, off), all[:n*c.typ.BlockBytes]...)[off:])
				}
			}
		})
	}
}

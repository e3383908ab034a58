package quant

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIQ1_SWithoutRounding holds IQ1_S, written with a minimum, to ggml's own form
// d*(2*scale+1) * (grid + shift) for finite d, every scale and either shift.
func TestIQ1_SWithoutRounding(t *testing.T) {
	const one = 0x3c00
	block, values, grid := make([]byte, IQ1_S.BlockBytes), make([]float32, 256), make([]float32, 256)
	fill := func(d, sign uint16) {
		binary.LittleEndian.PutUint16(block, d)
		for g := range uint16(8) {
			binary.LittleEndian.PutUint16(block[34+2*g:], sign<<15|g<<12|0x5a5)
		}
	}
	for i := range 32 {
		block[2+i] = byte(37 * i)
	}
	for sign, shift := range []float32{0.125, -0.125} {
		fill(one, uint16(sign))
		IQ1_S.Dequantize(grid, block)
		seen := map[float32]bool{}
		for i := range grid {
			grid[i] = grid[i]/float32(2*(i/32)+1) - shift
			seen[grid[i]] = true
		}
		require.Equal(t, map[float32]bool{-1: true, 0: true, 1: true}, seen)
		for d := 0; d < 1<<16; d += 3 {
			if d&0x7c00 == 0x7c00 {
				continue
			}
			fill(uint16(d), uint16(sign))
			IQ1_S.Dequantize(values, block)
			for i, x := range values {
				want := F16(uint16(d)) * float32(2*(i/32)+1) * (grid[i] + shift)
				if x != want {
					t.Fatalf("d=%04x value %d: %v, want %v", d, i, x, want)
				}
			}
		}
	}
}

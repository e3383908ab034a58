package quant

import "encoding/binary"

// IQ1_S is eight values in 11 bits, each -1, 0 or 1, moved by an eighth: 50 bytes -> 256 values.
// Format: d f16, qs [32]uint8, qh [8]uint16, one for 32 values: four times the upper 3
// bits of a codebook index, whose others are in qs, 3 bits of scale, and the sign of the shift.
// Math:   x[i] = d*(2*scale[i/32]+1) * (grid[i] + shift), shift 1/8 or -1/8;
// here as dl*(grid+1) - dl*(1-shift), in which finite scales leave nothing to round.
// Source: ggml-common.h block_iq1_s, ggml-quants.c dequantize_row_iq1_s.
var IQ1_S = register(Type{ID: 19, Name: "IQ1_S", BlockLen: 256, BlockBytes: 50, Dequantize: dequantizer(50, 256, splitIQ1_S), Split: splitIQ1_S})

// IQ1_M is IQ1_S with more scales and shifts: 56 bytes -> 256 values.
// Format: qs [32]uint8, qh [16]uint8, scales [4]uint16. A nibble of qh is the upper 3 bits
// of a codebook index and the sign of the shift of its eight values; scales hold four times
// 3 bits each, and in their upper nibbles the f16 d, lowest first.
// Math:   x[i] = d*(2*scale[i/16]+1) * (grid[i] + shift[i/8]), in eighths to be whole.
// Source: ggml-common.h block_iq1_m, ggml-quants.c dequantize_row_iq1_m.
var IQ1_M = register(Type{ID: 29, Name: "IQ1_M", BlockLen: 256, BlockBytes: 56, Dequantize: dequantizer(56, 256, splitIQ1_M), Split: splitIQ1_M})

var splitIQ1_S = Split{Group: 32, Bits: 4, Min: true, Ints: func(q []int8, d, m []float32, src []byte) {
	grid := gridIQ1()
	for ; len(src) >= 50; src, q, d, m = src[50:], q[256:], d[8:], m[8:] {
		scale := F16(binary.LittleEndian.Uint16(src))
		for g := range 8 {
			high := binary.LittleEndian.Uint16(src[34+2*g:])
			d[g] = scale * float32(2*(high>>12&7)+1)
			m[g] = d[g] * 0.875
			if high&0x8000 != 0 {
				m[g] = d[g] * 1.125
			}
			for l := range 4 {
				point := grid[uint16(src[2+4*g+l])|high>>(3*l)&7<<8]
				store(q[32*g+8*l:], point)
			}
		}
	}
}}

var splitIQ1_M = Split{Group: 16, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	grid := gridIQ1()
	for ; len(src) >= 56; src, q, d = src[56:], q[256:], d[16:] {
		scales := binary.LittleEndian.Uint64(src[48:])
		scale := F16(uint16(scales>>12&0xf | scales>>24&0xf0 | scales>>36&0xf00 | scales>>48&0xf000))
		for g := range 16 {
			d[g] = scale * float32(2*(scales>>(g/4*16+g%4*3)&7)+1) / 8
			for l := range 2 {
				high := uint64(src[32+g]) >> (4 * l)
				point := grid[uint64(src[2*g+l])|high&7<<8]
				store(q[16*g+8*l:], less(8*point, 7+high>>3&1*2)) // 8*(point-1) + 1, or - 1
			}
		}
	}
}}

package quant

import "encoding/binary"

// IQ3_XXS is four magnitudes in 8 bits, and 7 sign bits for eight: 98 bytes -> 256 values.
// Format: d f16, qs [64]uint8 (codebook indices), then for each 32 values a uint32 of
// four times 7 sign bits (see evenSigns) and 4 bits of scale.
// Math:   x[i] = d*(scale[i/32]+1/2)/2 * sign[i]*grid[i].
// Source: ggml-common.h block_iq3_xxs, ggml-quants.c dequantize_row_iq3_xxs.
var IQ3_XXS = register(Type{ID: 18, Name: "IQ3_XXS", BlockLen: 256, BlockBytes: 98, Dequantize: dequantizer(98, 256, splitIQ3_XXS), Split: splitIQ3_XXS})

// IQ3_S is four magnitudes in 9 bits, and a sign bit each: 110 bytes -> 256 values.
// Format: d f16, qs [64]uint8 (low bits of the codebook indices), qh [8]uint8 (their
// highest bits), signs [32]uint8, scales [4]uint8, a nibble for 32 values, the low one first.
// Math:   x[i] = d*(2*scale[i/32]+1) * sign[i]*grid[i].
// Source: ggml-common.h block_iq3_s, ggml-quants.c dequantize_row_iq3_s.
var IQ3_S = register(Type{ID: 21, Name: "IQ3_S", BlockLen: 256, BlockBytes: 110, Dequantize: dequantizer(110, 256, splitIQ3_S), Split: splitIQ3_S})

var splitIQ3_XXS = Split{Group: 32, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	grid := gridIQ3_XXS()
	for ; len(src) >= 98; src, q, d = src[98:], q[256:], d[8:] {
		scale := F16(binary.LittleEndian.Uint16(src))
		for g := range 8 {
			index, signs := src[2+8*g:10+8*g], binary.LittleEndian.Uint32(src[66+4*g:])
			d[g] = scale * (0.5 + float32(signs>>28)) * 0.5
			for l := range 4 {
				store(q[32*g+8*l:], signed(grid[index[2*l]]|grid[index[2*l+1]]<<32, evenSigns(signs>>(7*l))))
			}
		}
	}
}}

var splitIQ3_S = Split{Group: 32, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	grid := gridIQ3_S()
	for ; len(src) >= 110; src, q, d = src[110:], q[256:], d[8:] {
		scale := F16(binary.LittleEndian.Uint16(src))
		for g := range 8 {
			d[g] = scale * float32(2*(src[106+g/2]>>(g%2*4)&15)+1)
		}
		for l := range 32 {
			high := uint16(src[66+l/4]) >> (l % 4 * 2) & 3
			low, next := grid[uint16(src[2+2*l])|high&1<<8], grid[uint16(src[3+2*l])|high>>1<<8]
			store(q[8*l:], signed(low|next<<32, src[74+l]))
		}
	}
}}

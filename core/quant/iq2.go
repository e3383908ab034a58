package quant

import "encoding/binary"

// IQ2_XXS is eight magnitudes in 8 bits, and 7 sign bits for the eight: 66 bytes -> 256 values.
// Format: d f16, then for each 32 values 4 bytes of codebook indices and a uint32 of
// four times 7 sign bits (see evenSigns) and 4 bits of scale.
// Math:   x[i] = d*(scale[i/32]+1/2)/4 * sign[i]*grid[i].
// Source: ggml-common.h block_iq2_xxs, ggml-quants.c dequantize_row_iq2_xxs.
var IQ2_XXS = register(Type{ID: 16, Name: "IQ2_XXS", BlockLen: 256, BlockBytes: 66, Dequantize: dequantizer(66, 256, splitIQ2_XXS), Split: splitIQ2_XXS})

// IQ2_XS is eight magnitudes in 9 bits: 74 bytes -> 256 values.
// Format: d f16, qs [32]uint16 (9 bits of codebook index, 7 sign bits), scales [8]uint8,
// a nibble for 16 values, the low one first.
// Math:   x[i] = d*(scale[i/16]+1/2)/4 * sign[i]*grid[i].
// Source: ggml-common.h block_iq2_xs, ggml-quants.c dequantize_row_iq2_xs.
var IQ2_XS = register(Type{ID: 17, Name: "IQ2_XS", BlockLen: 256, BlockBytes: 74, Dequantize: dequantizer(74, 256, splitIQ2_XS), Split: splitIQ2_XS})

// IQ2_S is eight magnitudes in 10 bits: 82 bytes -> 256 values.
// Format: d f16, qs [32]uint8 (low bits of the codebook indices), signs [32]uint8, qh
// [8]uint8 (four times their upper 2 bits), scales [8]uint8 as in IQ2_XS.
// Math:   as IQ2_XS.
// Source: ggml-common.h block_iq2_s, ggml-quants.c dequantize_row_iq2_s.
var IQ2_S = register(Type{ID: 22, Name: "IQ2_S", BlockLen: 256, BlockBytes: 82, Dequantize: dequantizer(82, 256, splitIQ2_S), Split: splitIQ2_S})

var splitIQ2_XXS = Split{Group: 32, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	grid := gridIQ2_XXS()
	for ; len(src) >= 66; src, q, d = src[66:], q[256:], d[8:] {
		scale := F16(binary.LittleEndian.Uint16(src))
		for g := range 8 {
			index, signs := src[2+8*g:6+8*g], binary.LittleEndian.Uint32(src[6+8*g:])
			d[g] = scale * (0.5 + float32(signs>>28)) * 0.25
			for l, i := range index {
				store(q[32*g+8*l:], signed(grid[i], evenSigns(signs>>(7*l))))
			}
		}
	}
}}

var splitIQ2_XS = Split{Group: 16, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	grid := gridIQ2_XS()
	for ; len(src) >= 74; src, q, d = src[74:], q[256:], d[16:] {
		nibbleScales(d, src, src[66:74])
		for l := range 32 {
			v := binary.LittleEndian.Uint16(src[2+2*l:])
			store(q[8*l:], signed(grid[v&511], evenSigns(uint32(v>>9))))
		}
	}
}}

var splitIQ2_S = Split{Group: 16, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	grid := gridIQ2_S()
	for ; len(src) >= 82; src, q, d = src[82:], q[256:], d[16:] {
		nibbleScales(d, src, src[74:82])
		for l := range 32 {
			high := src[66+l/4] >> (l % 4 * 2) & 3
			store(q[8*l:], signed(grid[uint16(src[2+l])|uint16(high)<<8], src[34+l]))
		}
	}
}}

// nibbleScales writes two scales of IQ2_XS and IQ2_S for each byte of scales, with
// the f16 at src.
func nibbleScales(d []float32, src, scales []byte) {
	scale := F16(binary.LittleEndian.Uint16(src))
	for i, s := range scales {
		d[2*i] = scale * (0.5 + float32(s&15)) * 0.25
		d[2*i+1] = scale * (0.5 + float32(s>>4)) * 0.25
	}
}

package quant

import "encoding/binary"

// IQ4_NL is 4 bits that name one of 16 uneven values: 18 bytes -> 32 values.
// Format: d f16, qs [16]uint8 as in Q4_0.
// Math:   x[i] = d * table[q[i]].
// Source: ggml-common.h block_iq4_nl, kvalues_iq4nl, ggml-quants.c dequantize_row_iq4_nl.
var IQ4_NL = register(Type{ID: 20, Name: "IQ4_NL", BlockLen: 32, BlockBytes: 18, Dequantize: dequantizer(18, 32, splitIQ4_NL), Split: splitIQ4_NL})

// IQ4_XS is IQ4_NL with scales of 6 bits: 136 bytes -> 256 values.
// Format: d f16, scales_h uint16, scales_l [4]uint8, qs [128]uint8; scale j has its
// low nibble in nibble j of scales_l, its upper bits at bit 2j of scales_h. Each
// 16 bytes of qs are 32 values as in Q4_0.
// Math:   x[i] = d * (scale[i/32]-32) * table[q[i]].
// Source: ggml-common.h block_iq4_xs, ggml-quants.c dequantize_row_iq4_xs.
var IQ4_XS = register(Type{ID: 23, Name: "IQ4_XS", BlockLen: 256, BlockBytes: 136, Dequantize: dequantizer(136, 256, splitIQ4_XS), Split: splitIQ4_XS})

// tableIQ4 is kvalues_iq4nl of ggml-common.h.
var tableIQ4 = [16]int8{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

var splitIQ4_NL = Split{Group: 32, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	for b := 0; len(src) >= 18; src, q, b = src[18:], q[32:], b+1 {
		d[b] = F16(binary.LittleEndian.Uint16(src))
		lookUp(q[:32], src[2:18], &tableIQ4)
	}
}}

var splitIQ4_XS = Split{Group: 32, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 136; src, q, d = src[136:], q[256:], d[8:] {
		scale, high := F16(binary.LittleEndian.Uint16(src)), binary.LittleEndian.Uint16(src[2:])
		for j := range 8 {
			low := src[4+j/2] >> (j % 2 * 4) & 15
			d[j] = scale * float32(int(low|byte(high>>(2*j)&3)<<4)-32)
		}
		lookUp(q[:256], src[8:136], &tableIQ4)
	}
}}

// lookUpGeneric writes, for each 16 bytes of qs, the table's values for the low nibbles
// and then for the high ones. It is the reference of lookUp.
func lookUpGeneric(q []int8, qs []byte, table *[16]int8) {
	for i := 0; i < len(qs); i += 16 {
		out := (*[32]int8)(q[2*i:])
		for j, v := range (*[16]byte)(qs[i:]) {
			out[j], out[j+16] = table[v&15], table[v>>4]
		}
	}
}

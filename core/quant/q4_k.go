package quant

import "encoding/binary"

// Q4_K is 4 bits, with scales and minima of 6 bits: 144 bytes -> 256 values.
// Format: d f16, dmin f16, scales [12]uint8, qs [128]uint8. In each 64 values, the
// low nibbles of 32 bytes are the first half, the high ones the second.
// Math:   x[i] = d*scale[i/32]*q[i] - dmin*minimum[i/32].
// Source: ggml-common.h block_q4_K, ggml-quants.c dequantize_row_q4_K, get_scale_min_k4.
var Q4_K = register(Type{ID: 12, Name: "Q4_K", BlockLen: 256, BlockBytes: 144, Dequantize: dequantizer(144, 256, splitQ4_K), Split: splitQ4_K})

var splitQ4_K = Split{Group: 32, Bits: 4, Min: true, packGroup: packQ4_K, Ints: func(q []int8, d, m []float32, src []byte) {
	for ; len(src) >= 144; src, q, d, m = src[144:], q[256:], d[8:], m[8:] {
		sixBitScales(d, m, src)
		for i := range 4 {
			nibbles(q[64*i:64*i+64], src[16+32*i:48+32*i], 0)
		}
	}
}}

// sixBitScales writes the eight scales and minima at the start of a block of
// Q4_K or Q5_K. Those of groups 0..3 are the low six bits of bytes 0..3 and 4..7
// after the two f16; of groups 4..7, the nibbles of bytes 8..11 and the upper two
// bits of the others.
func sixBitScales(d, m []float32, src []byte) {
	scale, least, s := F16(binary.LittleEndian.Uint16(src)), F16(binary.LittleEndian.Uint16(src[2:])), src[4:16]
	for i := range 4 {
		d[i], m[i] = scale*float32(s[i]&63), least*float32(s[i+4]&63)
		d[i+4] = scale * float32(s[i+8]&15|s[i]>>6<<4)
		m[i+4] = least * float32(s[i+8]>>4|s[i+4]>>6<<4)
	}
}

package quant

import "encoding/binary"

// Q3_K is 3 bits, with scales of 6 bits: 110 bytes -> 256 values.
// Format: hmask [32]uint8 (bit j of hmask[l] is the high bit of value 32j+l), qs
// [64]uint8 as in Q2_K, scales [12]uint8, d f16. The scales' low nibbles are in
// scales[0..7], first the low then the high ones; their upper two bits are in
// scales[8..11], bits 2k of scales[8+i%4] for scale 4k+i%4.
// Math:   x[i] = d * (scale[i/16]-32) * (q[i] - 4).
// Source: ggml-common.h block_q3_K, ggml-quants.c dequantize_row_q3_K.
var Q3_K = register(Type{ID: 11, Name: "Q3_K", BlockLen: 256, BlockBytes: 110, Dequantize: dequantizer(110, 256, splitQ3_K), Split: splitQ3_K})

var splitQ3_K = Split{Group: 16, Bits: 4, packGroup: packQ3_K, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 110; src, q, d = src[110:], q[256:], d[16:] {
		scale, packed := F16(binary.LittleEndian.Uint16(src[108:])), src[96:108]
		for i := range 16 {
			low := packed[i%8] >> (i / 8 * 4) & 15
			d[i] = scale * float32(int(low|packed[8+i%4]>>(i/4*2)&3<<4)-32)
		}
		out, qs := (*[256]int8)(q), (*[64]byte)(src[32:])
		for l := 0; l < 32; l += 8 {
			high, w, next := load(src[l:]), load(qs[l:]), load(qs[32+l:])
			for j := range 4 {
				store(out[32*j+l:], less(w&lowPairs|high&ones<<2, 4))
				store(out[128+32*j+l:], less(next&lowPairs|high>>4&ones<<2, 4))
				high, w, next = high>>1, w>>2, next>>2
			}
		}
	}
}}

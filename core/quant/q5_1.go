package quant

import "encoding/binary"

// Q5_1 is 5 bits, a scale and a minimum: 24 bytes -> 32 values.
// Format: d f16, m f16, qh uint32, qs [16]uint8, the bits as in Q5_0.
// Math:   x[i] = d*q[i] + m.
// Source: ggml-common.h block_q5_1, ggml-quants.c dequantize_row_q5_1.
var Q5_1 = register(Type{ID: 7, Name: "Q5_1", BlockLen: 32, BlockBytes: 24, Dequantize: dequantizer(24, 32, splitQ5_1), Quantize: quantizeQ5_1,
	Split: splitQ5_1})

var splitQ5_1 = Split{Group: 32, Bits: 8, Min: true, packGroup: packQ5_1, Ints: func(q []int8, d, m []float32, src []byte) {
	for b := 0; len(src) >= 24; src, q, b = src[24:], q[32:], b+1 {
		d[b], m[b] = F16(binary.LittleEndian.Uint16(src)), -F16(binary.LittleEndian.Uint16(src[2:]))
		fiveBits(q, binary.LittleEndian.Uint32(src[4:]), src[8:24], 0)
	}
}}

// quantizeQ5_1 follows ggml's quantize_row_q5_1_ref: the smallest value becomes 0
// and the largest 31.
func quantizeQ5_1(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[24:], src[32:] {
		least, d, inv := span(src[:32], 31)
		binary.LittleEndian.PutUint16(dst, ToF16(d))
		binary.LittleEndian.PutUint16(dst[2:], ToF16(least))
		putFiveBits(dst[4:24], src, func(x float32) byte { return byte(int(float32((x-least)*inv) + 0.5)) })
	}
}

package quant

import "encoding/binary"

// Q4_1 is 4 bits, a scale and a minimum: 20 bytes -> 32 values.
// Format: d f16, m f16, qs [16]uint8 as in Q4_0.
// Math:   x[i] = d*q[i] + m.
// Source: ggml-common.h block_q4_1, ggml-quants.c dequantize_row_q4_1.
var Q4_1 = register(Type{ID: 3, Name: "Q4_1", BlockLen: 32, BlockBytes: 20, Dequantize: dequantizer(20, 32, splitQ4_1), Split: splitQ4_1})

var splitQ4_1 = Split{Group: 32, Bits: 4, Min: true, Ints: func(q []int8, d, m []float32, src []byte) {
	for b := 0; len(src) >= 20; src, q, b = src[20:], q[32:], b+1 {
		d[b], m[b] = F16(binary.LittleEndian.Uint16(src)), -F16(binary.LittleEndian.Uint16(src[2:]))
		nibbles(q[:32], src[4:20], 0)
	}
}}

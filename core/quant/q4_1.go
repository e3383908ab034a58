package quant

import "encoding/binary"

// Q4_1 is 4 bits, a scale and a minimum: 20 bytes -> 32 values.
// Format: d f16, m f16, qs [16]uint8 as in Q4_0.
// Math:   x[i] = d*q[i] + m.
// Source: ggml-common.h block_q4_1, ggml-quants.c dequantize_row_q4_1.
var Q4_1 = register(Type{ID: 3, Name: "Q4_1", BlockLen: 32, BlockBytes: 20, Dequantize: dequantizer(20, 32, splitQ4_1), Quantize: quantizeQ4_1,
	Split: splitQ4_1})

var splitQ4_1 = Split{Group: 32, Bits: 4, Min: true, packGroup: packQ4_1, Ints: func(q []int8, d, m []float32, src []byte) {
	for b := 0; len(src) >= 20; src, q, b = src[20:], q[32:], b+1 {
		d[b], m[b] = F16(binary.LittleEndian.Uint16(src)), -F16(binary.LittleEndian.Uint16(src[2:]))
		nibbles(q[:32], src[4:20], 0)
	}
}}

// quantizeQ4_1 follows ggml's quantize_row_q4_1_ref: the smallest value becomes 0
// and the largest 15.
func quantizeQ4_1(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[20:], src[32:] {
		least, d, inv := span(src[:32], 15)
		binary.LittleEndian.PutUint16(dst, ToF16(d))
		binary.LittleEndian.PutUint16(dst[2:], ToF16(least))
		nibble := func(x float32) byte { return byte(min(15, int(float32((x-least)*inv)+0.5))) }
		for j := range 16 {
			dst[4+j] = nibble(src[j]) | nibble(src[j+16])<<4
		}
	}
}

// span returns the smallest value of a block, the step of which there are steps up
// to the largest, and the step's inverse, 0 without a step.
func span(x []float32, steps float32) (least, d, inv float32) {
	least, most := x[0], x[0]
	for _, v := range x {
		least, most = min(least, v), max(most, v)
	}
	if d = (most - least) / steps; d != 0 {
		inv = 1 / d
	}
	return least, d, inv
}

package quant

import "encoding/binary"

// Q5_0 is 5 bits and a scale: 22 bytes -> 32 values.
// Format: d f16, qh uint32, qs [16]uint8; bit i of qh is the fifth bit of value i,
// the others are in qs as in Q4_0.
// Math:   x[i] = d * (q[i] - 16).
// Source: ggml-common.h block_q5_0, ggml-quants.c dequantize_row_q5_0.
var Q5_0 = register(Type{ID: 6, Name: "Q5_0", BlockLen: 32, BlockBytes: 22, Dequantize: dequantizer(22, 32, splitQ5_0), Split: splitQ5_0})

var splitQ5_0 = Split{Group: 32, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	for b := 0; len(src) >= 22; src, q, b = src[22:], q[32:], b+1 {
		d[b] = F16(binary.LittleEndian.Uint16(src))
		fiveBits(q, binary.LittleEndian.Uint32(src[2:]), src[6:22], 16)
	}
}}

// fiveBits writes 32 values of four bits in qs and a fifth in high, less offset.
func fiveBits(q []int8, high uint32, qs []byte, offset int8) {
	for j, v := range qs {
		q[j] = int8(v&15|byte(high>>j&1)<<4) - offset
		q[j+16] = int8(v>>4|byte(high>>(j+16)&1)<<4) - offset
	}
}

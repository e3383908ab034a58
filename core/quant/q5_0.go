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

// fiveBits writes 32 values of four bits in qs and a fifth in high, less n.
func fiveBits(q []int8, high uint32, qs []byte, n uint64) {
	q, qs = q[:32], qs[:16]
	low, next := load(qs), load(qs[8:])
	store(q, less(low&lowNibs|spread(byte(high))<<4, n))
	store(q[8:], less(next&lowNibs|spread(byte(high>>8))<<4, n))
	store(q[16:], less(low>>4&lowNibs|spread(byte(high>>16))<<4, n))
	store(q[24:], less(next>>4&lowNibs|spread(byte(high>>24))<<4, n))
}

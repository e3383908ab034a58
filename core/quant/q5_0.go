package quant

import "encoding/binary"

// Q5_0 is 5 bits and a scale: 22 bytes -> 32 values.
// Format: d f16, qh uint32, qs [16]uint8; bit i of qh is the fifth bit of value i,
// the others are in qs as in Q4_0.
// Math:   x[i] = d * (q[i] - 16).
// Source: ggml-common.h block_q5_0, ggml-quants.c dequantize_row_q5_0.
var Q5_0 = register(Type{ID: 6, Name: "Q5_0", BlockLen: 32, BlockBytes: 22, Dequantize: dequantizer(22, 32, splitQ5_0), Quantize: quantizeQ5_0,
	Split: splitQ5_0})

var splitQ5_0 = Split{Group: 32, Bits: 8, packGroup: packQ5_0, Ints: func(q []int8, d, _ []float32, src []byte) {
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

// quantizeQ5_0 follows ggml's quantize_row_q5_0_ref: the value of largest
// magnitude becomes -16, q = trunc(x/d + 16.5), at most 31.
func quantizeQ5_0(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[22:], src[32:] {
		d, inv := largest(src[:32], -16)
		binary.LittleEndian.PutUint16(dst, ToF16(d))
		putFiveBits(dst[2:22], src, func(x float32) byte { return byte(min(31, int(float32(x*inv)+16.5))) })
	}
}

// putFiveBits writes the high bits and then the nibbles of 32 values.
func putFiveBits(dst []byte, src []float32, q func(float32) byte) {
	high := uint32(0)
	for j := range 16 {
		a, b := q(src[j]), q(src[j+16])
		dst[4+j] = a&15 | b<<4
		high |= uint32(a>>4&1)<<j | uint32(b>>4&1)<<(j+16)
	}
	binary.LittleEndian.PutUint32(dst, high)
}

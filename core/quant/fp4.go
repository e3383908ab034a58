package quant

import (
	"math"
)

// MXFP4 is 4-bit floating point with a power of two as its scale: 17 bytes -> 32 values.
// Format: e uint8, qs [16]uint8 as in Q4_0.
// Math:   x[i] = 2^(e-128) * table[q[i]], the table doubled to make it whole.
// Source: OCP Microscaling Formats 1.0, §5.3.3 and 5.4; ggml-common.h block_mxfp4,
// kvalues_mxfp4, ggml-quants.c dequantize_row_mxfp4.
var MXFP4 = register(Type{ID: 39, Name: "MXFP4", BlockLen: 32, BlockBytes: 17, Dequantize: dequantizer(17, 32, splitMXFP4), Split: splitMXFP4})

// NVFP4 is 4-bit floating point with scales of 8-bit floating point: 36 bytes -> 64 values.
// Format: d [4]uint8 (unsigned E4M3, for 16 values each), qs [32]uint8; 8 bytes of qs are 16
// values, the low nibbles first.
// Math:   x[i] = E4M3(d[i/16])/2 * table[q[i]].
// Source: ggml-common.h block_nvfp4, ggml-quants.c dequantize_row_nvfp4.
var NVFP4 = register(Type{ID: 40, Name: "NVFP4", BlockLen: 64, BlockBytes: 36, Dequantize: dequantizer(36, 64, splitNVFP4), Split: splitNVFP4})

// tableFP4 is twice the values of E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives.
var tableFP4 = [16]int8{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}

var splitMXFP4 = Split{Group: 32, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	for b := 0; len(src) >= 17; src, q, b = src[17:], q[32:], b+1 {
		d[b] = powerOfTwo(src[0])
		lookUp(q[:32], src[1:17], &tableFP4)
	}
}}

var splitNVFP4 = Split{Group: 16, Bits: 8, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 36; src, q, d = src[36:], q[64:], d[4:] {
		for g := range 4 {
			d[g] = e4m3(src[g]) / 2
		}
		lookUp(q[:64], src[4:36], &tableFP4)
		for half := 0; half < 64; half += 32 { // to groups of 8 bytes
			low, high := loadInts(q[half+8:]), loadInts(q[half+16:])
			store(q[half+8:], high)
			store(q[half+16:], low)
		}
	}
}}

// powerOfTwo returns 2^(e-128).
func powerOfTwo(e byte) float32 {
	if e < 2 { // below float32's normal numbers
		return math.Float32frombits(1 << (21 + e))
	}
	return math.Float32frombits(uint32(e-1) << 23)
}

// e4m3 returns an unsigned number of 4 exponent and 3 mantissa bits with bias 7.
func e4m3(b byte) float32 {
	exp, frac := uint32(b>>3&15), uint32(b&7)
	switch {
	case b == 0x7f:
		return 0
	case exp == 0:
		return float32(frac) * (1.0 / 512)
	}
	return math.Float32frombits((exp+120)<<23 | frac<<20)
}

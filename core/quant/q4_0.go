package quant

import (
	"encoding/binary"
	"math"
)

// Q4_0 is 4 bits and a scale: 18 bytes -> 32 values.
// Format: d f16 (2 bytes), qs [16]uint8; byte j holds value j in its low nibble
// and value j+16 in its high nibble.
// Math:   x[i] = d * (q[i] - 8).
// Source: ggml-common.h block_q4_0, ggml-quants.c dequantize_row_q4_0.
var Q4_0 = register(Type{ID: 2, Name: "Q4_0", BlockLen: 32, BlockBytes: 18, Dequantize: dequantizeQ4_0, Quantize: quantizeQ4_0,
	Split: Split{Group: 32, Bits: 4, Ints: intsQ4_0, packGroup: packQ4_0}})

func dequantizeQ4_0(dst []float32, src []byte) {
	for ; len(src) >= 18; src, dst = src[18:], dst[32:] {
		d := F16(binary.LittleEndian.Uint16(src))
		for j, b := range src[2:18] {
			dst[j] = d * float32(int(b&15)-8)
			dst[j+16] = d * float32(int(b>>4)-8)
		}
	}
}

func intsQ4_0(q []int8, d, _ []float32, src []byte) {
	for b := 0; len(src) >= 18; src, q, b = src[18:], q[32:], b+1 {
		d[b] = F16(binary.LittleEndian.Uint16(src))
		nibbles(q[:32], src[2:18], 8)
	}
}

// quantizeQ4_0 follows ggml's quantize_row_q4_0_ref: the value of largest
// magnitude becomes -8, q = trunc(x/d + 8.5), at most 15.
func quantizeQ4_0(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[18:], src[32:] {
		d, inv := largest(src[:32], -8)
		binary.LittleEndian.PutUint16(dst, ToF16(d))
		nibble := func(x float32) byte { return byte(min(15, int(float32(x*inv)+8.5))) }
		for j := range 16 {
			dst[2+j] = nibble(src[j]) | nibble(src[j+16])<<4
		}
	}
}

// largest returns the scale with which the value of largest magnitude becomes q,
// and the scale's inverse, 0 if all values are.
func largest(x []float32, q float32) (d, inv float32) {
	amax, m := float32(0), float32(0)
	for _, v := range x {
		if a := float32(math.Abs(float64(v))); a > amax {
			amax, m = a, v
		}
	}
	if d = m / q; d != 0 {
		inv = 1 / d
	}
	return d, inv
}

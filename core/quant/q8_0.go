package quant

import (
	"encoding/binary"
	"math"
)

// Q8_0 is 8 bits and a scale: 34 bytes -> 32 values.
// Format: d f16 (2 bytes), qs [32]int8.
// Math:   x[i] = d * q[i].
// Source: ggml-common.h block_q8_0, ggml-quants.c dequantize_row_q8_0.
var Q8_0 = register(Type{ID: 8, Name: "Q8_0", BlockLen: 32, BlockBytes: 34, Dequantize: dequantizeQ8_0, Quantize: quantizeQ8_0,
	Split: Split{Group: 32, Bits: 8, Ints: intsQ8_0, packGroup: packQ8_0}})

func dequantizeQ8_0(dst []float32, src []byte) {
	for ; len(src) >= 34; src, dst = src[34:], dst[32:] {
		d := F16(binary.LittleEndian.Uint16(src))
		for i, q := range src[2:34] {
			dst[i] = d * float32(int8(q))
		}
	}
}

func intsQ8_0(q []int8, d, _ []float32, src []byte) {
	for b := 0; len(src) >= 34; src, q, b = src[34:], q[32:], b+1 {
		d[b] = F16(binary.LittleEndian.Uint16(src))
		for i := 0; i < 32; i += 8 {
			store(q[i:], load(src[2+i:]))
		}
	}
}

// quantizeQ8_0 follows ggml's quantize_row_q8_0_ref: d = max|x|/127, q = round(x/d),
// halves away from zero.
func quantizeQ8_0(dst []byte, src []float32) {
	for ; len(src) >= 32; dst, src = dst[34:], src[32:] {
		amax := float32(0)
		for _, x := range src[:32] {
			amax = max(amax, float32(math.Abs(float64(x))))
		}
		d := amax / 127
		inv := float32(0)
		if d != 0 {
			inv = 1 / d
		}
		binary.LittleEndian.PutUint16(dst, ToF16(d))
		for i, x := range src[:32] {
			dst[2+i] = byte(int8(math.Round(float64(x * inv))))
		}
	}
}

package quant

// Q2_0 is two bits and a scale: 18 bytes -> 64 values.
// Format: d f16, qs [16]uint8; bits 2*(i%4) and up of qs[i/4] are value i.
// Math:   x[i] = d * (q[i] - 1).
// Source: ggml-common.h block_q2_0, ggml-quants.c dequantize_row_q2_0.
var Q2_0 = register(Type{ID: 42, Name: "Q2_0", BlockLen: 64, BlockBytes: 18, Dequantize: dequantizer(18, 64, splitQ2_0), Split: splitQ2_0})

var splitQ2_0 = Split{Group: 32, Bits: 4, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 18; src, q, d = src[18:], q[64:], d[2:] {
		sameScale(d[:2], src)
		for j, v := range src[2:18] {
			for i := range 4 {
				q[4*j+i] = int8(v>>(2*i)&3) - 1
			}
		}
	}
}}

package quant

// Q1_0 is a sign and a scale: 18 bytes -> 128 values.
// Format: d f16, qs [16]uint8; bit i%8 of qs[i/8] is value i.
// Math:   x[i] = d * (2*bit[i] - 1).
// Source: ggml-common.h block_q1_0, ggml-quants.c dequantize_row_q1_0.
var Q1_0 = register(Type{ID: 41, Name: "Q1_0", BlockLen: 128, BlockBytes: 18, Dequantize: dequantizer(18, 128, splitQ1_0), Split: splitQ1_0})

var splitQ1_0 = Split{Group: 32, Bits: 4, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 18; src, q, d = src[18:], q[128:], d[4:] {
		sameScale(d[:4], src)
		out := (*[128]int8)(q)
		for j, v := range src[2:18] {
			store(out[8*j:], less(spread(v)<<1, 1))
		}
	}
}}

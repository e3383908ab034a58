package quant

// Q2_0 is two bits and a scale: 18 bytes -> 64 values.
// Format: d f16, qs [16]uint8; bits 2*(i%4) and up of qs[i/4] are value i.
// Math:   x[i] = d * (q[i] - 1).
// Source: ggml-common.h block_q2_0, ggml-quants.c dequantize_row_q2_0.
var Q2_0 = register(Type{ID: 42, Name: "Q2_0", BlockLen: 64, BlockBytes: 18, Dequantize: dequantizer(18, 64, splitQ2_0), Split: splitQ2_0})

var splitQ2_0 = Split{Group: 32, Bits: 4, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 18; src, q, d = src[18:], q[64:], d[2:] {
		sameScale(d[:2], src)
		out := (*[64]int8)(q)
		for j := 0; j < 16; j += 2 {
			// Two bytes become four nibbles 16 bits apart, then pairs of bits 8 apart.
			w := uint64(src[2+j]) | uint64(src[3+j])<<32
			w = (w | w<<12) & 0x000f000f000f000f
			w = (w | w<<6) & lowPairs
			store(out[4*j:], less(w, 1))
		}
	}
}}

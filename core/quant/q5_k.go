package quant

// Q5_K is 5 bits, with scales and minima of 6 bits: 176 bytes -> 256 values.
// Format: d f16, dmin f16, scales [12]uint8, qh [32]uint8, qs [128]uint8; scales and
// qs as in Q4_K, bit j of qh[l] is the fifth bit of value 32j+l.
// Math:   x[i] = d*scale[i/32]*q[i] - dmin*minimum[i/32].
// Source: ggml-common.h block_q5_K, ggml-quants.c dequantize_row_q5_K.
var Q5_K = register(Type{ID: 13, Name: "Q5_K", BlockLen: 256, BlockBytes: 176, Dequantize: dequantizer(176, 256, splitQ5_K), Split: splitQ5_K})

var splitQ5_K = Split{Group: 32, Bits: 8, Min: true, Ints: func(q []int8, d, m []float32, src []byte) {
	for ; len(src) >= 176; src, q, d, m = src[176:], q[256:], d[8:], m[8:] {
		sixBitScales(d, m, src)
		high := src[16:48]
		for i, v := range src[48:176] {
			at := i/32*64 + i%32
			j := at / 32
			q[at] = int8(v&15 | high[i%32]>>j&1<<4)
			q[at+32] = int8(v>>4 | high[i%32]>>(j+1)&1<<4)
		}
	}
}}

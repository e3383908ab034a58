package quant

// Q5_K is 5 bits, with scales and minima of 6 bits: 176 bytes -> 256 values.
// Format: d f16, dmin f16, scales [12]uint8, qh [32]uint8, qs [128]uint8; scales and
// qs as in Q4_K, bit j of qh[l] is the fifth bit of value 32j+l.
// Math:   x[i] = d*scale[i/32]*q[i] - dmin*minimum[i/32].
// Source: ggml-common.h block_q5_K, ggml-quants.c dequantize_row_q5_K.
var Q5_K = register(Type{ID: 13, Name: "Q5_K", BlockLen: 256, BlockBytes: 176, Dequantize: dequantizer(176, 256, splitQ5_K), Split: splitQ5_K})

var splitQ5_K = Split{Group: 32, Bits: 8, Min: true, packGroup: packQ5_K, Ints: func(q []int8, d, m []float32, src []byte) {
	for ; len(src) >= 176; src, q, d, m = src[176:], q[256:], d[8:], m[8:] {
		sixBitScales(d, m, src)
		qs, out := (*[128]byte)(src[48:]), (*[256]int8)(q)
		for l := 0; l < 32; l += 8 {
			high := load(src[16+l:])
			for i := range 4 {
				w := load(qs[32*i+l:])
				store(out[64*i+l:], w&lowNibs|high&ones<<4)
				store(out[64*i+32+l:], w>>4&lowNibs|high>>1&ones<<4)
				high >>= 2
			}
		}
	}
}}

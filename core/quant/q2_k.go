package quant

import "encoding/binary"

// Q2_K is 2 bits, with scales and minima of 4 bits: 84 bytes -> 256 values.
// Format: scales [16]uint8 (low nibble scale, high nibble minimum of 16 values),
// qs [64]uint8, d f16, dmin f16. In each half of 128 values, bits 2j and 2j+1 of
// qs[l] are value 32j+l.
// Math:   x[i] = d*scale[i/16]*q[i] - dmin*minimum[i/16].
// Source: ggml-common.h block_q2_K, ggml-quants.c dequantize_row_q2_K.
var Q2_K = register(Type{ID: 10, Name: "Q2_K", BlockLen: 256, BlockBytes: 84, Dequantize: dequantizer(84, 256, splitQ2_K), Split: splitQ2_K})

var splitQ2_K = Split{Group: 16, Bits: 4, Min: true, packGroup: packQ2_K, Ints: func(q []int8, d, m []float32, src []byte) {
	for ; len(src) >= 84; src, q, d, m = src[84:], q[256:], d[16:], m[16:] {
		scale, least := F16(binary.LittleEndian.Uint16(src[80:])), F16(binary.LittleEndian.Uint16(src[82:]))
		for i, s := range src[:16] {
			d[i], m[i] = scale*float32(s&15), least*float32(s>>4)
		}
		twoBits(q, src[16:], 0)
	}
}}

// twoBits writes 256 values of two bits, in the order of Q2_K, less n.
func twoBits(q []int8, qs []byte, n uint64) {
	out, in := (*[256]int8)(q), (*[64]byte)(qs)
	for l := 0; l < 64; l += 8 {
		w, at := load(in[l:]), l/32*128+l%32
		store(out[at:], less(w&lowPairs, n))
		store(out[at+32:], less(w>>2&lowPairs, n))
		store(out[at+64:], less(w>>4&lowPairs, n))
		store(out[at+96:], less(w>>6&lowPairs, n))
	}
}

package quant

import "encoding/binary"

// TQ1_0 is ternary, five values in a byte: 54 bytes -> 256 values.
// Format: qs [48]uint8, qh [4]uint8, d f16. A byte holds five digits of base 3 as
// a fraction of 256: digit n is the upper byte of 3*(byte*3^n mod 256). The first
// 32 bytes hold digit n of values 32n+l, the next 16 of 160+16n+l, qh four digits of 240+4n+l.
// Math:   x[i] = d * (digit - 1).
// Source: ggml-common.h block_tq1_0, ggml-quants.c dequantize_row_tq1_0.
var TQ1_0 = register(Type{ID: 34, Name: "TQ1_0", BlockLen: 256, BlockBytes: 54, Dequantize: dequantizer(54, 256, splitTQ1_0), Split: splitTQ1_0})

// TQ2_0 is ternary, four values in a byte: 66 bytes -> 256 values.
// Format: qs [64]uint8 as in Q2_K, d f16.
// Math:   x[i] = d * (q[i] - 1).
// Source: ggml-common.h block_tq2_0, ggml-quants.c dequantize_row_tq2_0.
var TQ2_0 = register(Type{ID: 35, Name: "TQ2_0", BlockLen: 256, BlockBytes: 66, Dequantize: dequantizer(66, 256, splitTQ2_0), Split: splitTQ2_0})

var splitTQ1_0 = Split{Group: 32, Bits: 4, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 54; src, q, d = src[54:], q[256:], d[8:] {
		sameScale(d[:8], src[52:])
		out := (*[256]int8)(q)
		for l := 0; l < 48; l += 8 {
			at, step := l, 32
			if l >= 32 {
				at, step = 160+l-32, 16
			}
			w := load(src[l:])
			for i := range 5 {
				var digit uint64
				digit, w = digits(w)
				store(out[at+i*step:], less(digit, 1))
			}
		}
		w := uint64(binary.LittleEndian.Uint32(src[48:]))
		for i := 0; i < 16; i += 8 {
			var first, second uint64
			first, w = digits(w)
			second, w = digits(w)
			store(out[240+i:], less(first|second<<32, 1))
		}
	}
}}

var splitTQ2_0 = Split{Group: 32, Bits: 4, Ints: func(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 66; src, q, d = src[66:], q[256:], d[8:] {
		sameScale(d[:8], src[64:])
		twoBits(q, src, 1)
	}
}}

// digits returns the first base-3 digit of each byte of w, and the bytes without it:
// the two halves of three times the byte.
func digits(w uint64) (digit, rest uint64) {
	const low = 0x00ff00ff00ff00ff
	even, odd := w&low*3, w>>8&low*3
	return even>>8&low | odd&^low, even&low | odd&low<<8
}

// sameScale sets all groups' scales to the f16 at src.
func sameScale(d []float32, src []byte) {
	s := F16(binary.LittleEndian.Uint16(src))
	for i := range d {
		d[i] = s
	}
}

package quant

import "encoding/binary"

// Q6_K is 6 bits and scales of scales: 210 bytes -> 256 values.
// Format: ql [128]uint8 (low 4 bits), qh [64]uint8 (high 2 bits), scales [16]int8, d f16.
// In each half of 128 values, ql[l] and ql[l+32] hold values l, l+32 in their low
// nibbles and l+64, l+96 in their high ones; qh[l] holds the high bits of these
// four, lowest first.
// Math:   x[i] = d * scales[i/16] * (q[i] - 32).
// Source: ggml-common.h block_q6_K, ggml-quants.c dequantize_row_q6_K.
var Q6_K = register(Type{ID: 14, Name: "Q6_K", BlockLen: 256, BlockBytes: 210, Dequantize: dequantizer(210, 256, splitQ6_K), Split: splitQ6_K})

var splitQ6_K = Split{Group: 16, Bits: 8, Ints: intsQ6_K}

func intsQ6_K(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 210; src, q, d = src[210:], q[256:], d[16:] {
		scale := F16(binary.LittleEndian.Uint16(src[208:]))
		for i, s := range src[192:208] {
			d[i] = scale * float32(int8(s))
		}
		for half := range 2 {
			ql, qh, out := src[64*half:64*half+64], src[128+32*half:128+32*half+32], q[128*half:128*half+128]
			for l, h := range qh {
				out[l] = int8(ql[l]&15|h&3<<4) - 32
				out[l+32] = int8(ql[l+32]&15|h>>2&3<<4) - 32
				out[l+64] = int8(ql[l]>>4|h>>4&3<<4) - 32
				out[l+96] = int8(ql[l+32]>>4|h>>6<<4) - 32
			}
		}
	}
}

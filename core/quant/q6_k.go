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

var splitQ6_K = Split{Group: 16, Bits: 8, Ints: intsQ6_K, packGroup: packQ6_K}

func intsQ6_K(q []int8, d, _ []float32, src []byte) {
	for ; len(src) >= 210; src, q, d = src[210:], q[256:], d[16:] {
		scale := F16(binary.LittleEndian.Uint16(src[208:]))
		for i, s := range src[192:208] {
			d[i] = scale * float32(int8(s))
		}
		for half := range 2 {
			ql, qh, out := (*[64]byte)(src[64*half:]), (*[32]byte)(src[128+32*half:]), (*[128]int8)(q[128*half:])
			for l := 0; l < 32; l += 8 {
				a, b, h := load(ql[l:]), load(ql[32+l:]), load(qh[l:])
				store(out[l:], less(a&lowNibs|h&lowPairs<<4, 32))
				store(out[32+l:], less(b&lowNibs|h>>2&lowPairs<<4, 32))
				store(out[64+l:], less(a>>4&lowNibs|h>>4&lowPairs<<4, 32))
				store(out[96+l:], less(b>>4&lowNibs|h>>6&lowPairs<<4, 32))
			}
		}
	}
}

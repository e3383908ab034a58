//go:build purego || !(wasm && go1.27)

package quant

// Without kernels these types are packed as all others, by their Ints.
var packQ8_0, packQ4_0, packQ4_1, packQ5_0, packQ5_1, packQ2_K, packQ3_K, packQ4_K, packQ5_K, packQ6_K func(dst, src []byte)

func lookUp(q []int8, qs []byte, table *[16]int8) { lookUpGeneric(q, qs, table) }

func dequantizeF32(dst []float32, src []byte) { dequantizeF32Generic(dst, src) }

func dequantizeF16(dst []float32, src []byte) { dequantizeF16Generic(dst, src) }

func dequantizeBF16(dst []float32, src []byte) { dequantizeBF16Generic(dst, src) }

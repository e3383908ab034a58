package quant

import "encoding/binary"

// BFloat16 is the upper half of a float32, ggml's BF16: 2 bytes -> 1 value,
// little-endian. Source: ggml.h GGML_TYPE_BF16.
var BFloat16 = register(Type{ID: 30, Name: "BF16", BlockLen: 1, BlockBytes: 2, Dequantize: dequantizeBF16, Quantize: quantizeBF16})

func dequantizeBF16Generic(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = BF16(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func quantizeBF16(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], ToBF16(x))
	}
}

package quant

import "encoding/binary"

// Float16 is IEEE 754 binary16, ggml's F16: 2 bytes -> 1 value, little-endian.
// Source: ggml.h GGML_TYPE_F16.
var Float16 = register(Type{ID: 1, Name: "F16", BlockLen: 1, BlockBytes: 2, Dequantize: dequantizeF16, Quantize: quantizeF16})

func dequantizeF16Generic(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = F16(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func quantizeF16(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], ToF16(x))
	}
}

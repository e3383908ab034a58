package quant

import (
	"encoding/binary"
	"math"
)

// F32 is IEEE 754 binary32: 4 bytes -> 1 value, little-endian.
// Source: ggml.h GGML_TYPE_F32.
var F32 = register(Type{ID: 0, Name: "F32", BlockLen: 1, BlockBytes: 4, Dequantize: dequantizeF32, Quantize: quantizeF32})

func dequantizeF32Generic(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func quantizeF32(dst []byte, src []float32) {
	for i, x := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(x))
	}
}

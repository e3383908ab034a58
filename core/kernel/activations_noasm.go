//go:build purego || !(wasm && go1.27)

package kernel

func quantize(q []int16, d []float32, s []int32, x []float32) { quantizeGeneric(q, d, s, x) }

//go:build purego || !(wasm && go1.27)

package kernel

func quantize(q []int16, blocks []BlockScale, x []float32) { quantizeGeneric(q, blocks, x) }

//go:build purego || !(wasm && go1.27)

package kernel

func differences(dst, q []int16) { differencesGeneric(dst, q) }

func quantize(q []int16, blocks []BlockScale, x []float32) { quantizeGeneric(q, blocks, x) }

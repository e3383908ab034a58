//go:build purego || !(wasm && go1.27)

package kernel

func chunkMax(dst, x []float32) { chunkMaxGeneric(dst, x) }

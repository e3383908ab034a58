//go:build purego || !(wasm && go1.27)

package kernel

func softCap(x []float32, limit, inverse float32) { softCapGeneric(x, limit, inverse) }

//go:build purego || !(wasm && go1.27)

package kernel

func rope(x, cos, sin []float32, headDim int) { ropeGeneric(x, cos, sin, headDim) }

//go:build purego || !(wasm && go1.27)

package kernel

func ropeNeoX(x, cos, sin []float32, headDim int) { ropeNeoXGeneric(x, cos, sin, headDim) }

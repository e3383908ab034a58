//go:build purego || !(wasm && go1.27)

package kernel

func gelu(dst, x []float32)         { geluGeneric(dst, x) }
func geGLU(dst, gate, up []float32) { geGLUGeneric(dst, gate, up) }

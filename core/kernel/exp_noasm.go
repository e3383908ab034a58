//go:build purego || !(wasm && go1.27)

package kernel

func maxOf(x []float32) float32             { return maxOfGeneric(x) }
func expSum(x []float32, m float32) float32 { return expSumGeneric(x, m) }
func swiGLU(dst, gate, up []float32)        { swiGLUGeneric(dst, gate, up) }

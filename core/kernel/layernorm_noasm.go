//go:build purego || !(wasm && go1.27)

package kernel

func sum(x []float32) float32              { return sumGeneric(x) }
func subtract(dst, x []float32, a float32) { subtractGeneric(dst, x, a) }

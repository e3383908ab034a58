//go:build purego || !(wasm && go1.27)

package kernel

func add(dst, x []float32)                               { addGeneric(dst, x) }
func axpy(dst []float32, a float32, x []float32)         { axpyGeneric(dst, a, x) }
func scale(x []float32, a float32)                       { scaleGeneric(x, a) }
func mulScaled(dst, x []float32, a float32, w []float32) { mulScaledGeneric(dst, x, a, w) }

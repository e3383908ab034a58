//go:build purego || !(wasm && go1.27)

package kernel

func scores(dst []float32, stride int, q, k []float32, headDim, n int) {
	scoresGeneric(dst, stride, q, k, headDim, n)
}

func mix(dst, w []float32, stride int, v []float32, headDim, n int) {
	mixGeneric(dst, w, stride, v, headDim, n)
}

func mixInt8(dst, w []float32, stride int, q []int8, scale []float32, headDim, n int) {
	mixInt8Generic(dst, w, stride, q, scale, headDim, n)
}

//go:build purego || !(wasm && go1.27)

package kernel

func panel(dst, x, m []float32, rows, dstStride, xStride, n, panels, step, blocks, blockStep int) {
	panelGeneric(dst, x, m, rows, dstStride, xStride, n, panels, step, blocks, blockStep)
}

func mixInt8(dst, w []float32, stride int, q []int8, scale []float32, step, headDim, n int) {
	mixInt8Generic(dst, w, stride, q, scale, step, headDim, n)
}

//go:build go1.27 && !purego

package kernel

// See dotGeneric for the reference.
func dot(x, y []float32) float32 {
	n := len(x) &^ 7
	if n == 0 {
		return dotTail(0, x, y)
	}
	return dotTail(dot8(x[:n], y), x[n:], y[n:])
}

// See matVecGeneric for the reference. Four rows, a quarter of the matrix apart,
// share the loads of x.
func matVec(dst, w, x []float32) {
	quarter, n := len(dst)/4, len(x)&^7
	if quarter == 0 || n == 0 || n != len(x) {
		for r := range dst {
			dst[r] = dot(w[r*len(x):(r+1)*len(x)], x)
		}
		return
	}
	matVec4(dst, w, x, quarter)
	for r := 4 * quarter; r < len(dst); r++ {
		dst[r] = dot(w[r*len(x):(r+1)*len(x)], x)
	}
}

// dot8 is Dot for a positive multiple of eight values.
//
//go:noescape
func dot8(x, y []float32) float32

// matVec4 writes the first 4*quarter values of dst; len(x) is a positive multiple of eight.
//
//go:noescape
func matVec4(dst, w, x []float32, quarter int)

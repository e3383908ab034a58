//go:build go1.27 && !purego

package kernel

// See maxOfGeneric for the reference.
func maxOf(x []float32) float32 {
	n := len(x) &^ 3
	if n == 0 {
		return maxOfGeneric(x)
	}
	m := max4(x[:n])
	for _, v := range x[n:] {
		if v > m {
			m = v
		}
	}
	return m + 0
}

// See expSumGeneric for the reference.
func expSum(x []float32, m float32) float32 {
	n := len(x) &^ 3
	if n == 0 {
		return expSumTail(0, x, m)
	}
	return expSumTail(expSum4(x[:n], m), x[n:], m)
}

// See swiGLUGeneric for the reference.
func swiGLU(dst, gate, up []float32) {
	n := len(dst) &^ 3
	if n > 0 {
		swiGLU4(dst[:n], gate, up)
	}
	swiGLUGeneric(dst[n:], gate[n:], up[n:])
}

// The functions below work on the positive multiple of four values that their
// first slice has.

//go:noescape
func max4(x []float32) float32

//go:noescape
func expSum4(x []float32, m float32) float32

//go:noescape
func swiGLU4(dst, gate, up []float32)

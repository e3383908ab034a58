//go:build go1.27 && !purego

package kernel

// See sumGeneric for the reference.
func sum(x []float32) float32 {
	n := len(x) &^ 7
	if n == 0 {
		return sumTail(0, x)
	}
	return sumTail(sum8(x[:n]), x[n:])
}

// See subtractGeneric for the reference.
func subtract(dst, x []float32, a float32) {
	n := len(dst) &^ 3
	if n > 0 {
		subtract4(dst[:n], x, a)
	}
	subtractGeneric(dst[n:], x[n:], a)
}

// sum8 is the sum of a positive multiple of eight values.
//
//go:noescape
func sum8(x []float32) float32

// subtract4 works on the positive multiple of four values that dst has.
//
//go:noescape
func subtract4(dst, x []float32, a float32)

//go:build go1.27 && !purego

package kernel

// See addGeneric for the reference.
func add(dst, x []float32) {
	n := len(x) &^ 3
	if n > 0 {
		add4(dst[:n], x)
	}
	addGeneric(dst[n:], x[n:])
}

// See axpyGeneric for the reference.
func axpy(dst []float32, a float32, x []float32) {
	n := len(x) &^ 3
	if n > 0 {
		axpy4(dst[:n], x, a)
	}
	axpyGeneric(dst[n:], a, x[n:])
}

// See scaleGeneric for the reference.
func scale(x []float32, a float32) {
	n := len(x) &^ 3
	if n > 0 {
		scale4(x[:n], a)
	}
	scaleGeneric(x[n:], a)
}

// See mulScaledGeneric for the reference.
func mulScaled(dst, x []float32, a float32, w []float32) {
	n := len(x) &^ 3
	if n > 0 {
		mulScaled4(dst[:n], x, w, a)
	}
	mulScaledGeneric(dst[n:], x[n:], a, w[n:])
}

// The functions below work on the positive multiple of four values that their
// first slice has.

//go:noescape
func add4(dst, x []float32)

//go:noescape
func axpy4(dst, x []float32, a float32)

//go:noescape
func scale4(x []float32, a float32)

//go:noescape
func mulScaled4(dst, x, w []float32, a float32)

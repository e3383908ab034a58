//go:build go1.27 && !purego

package kernel

// See geluGeneric for the reference.
func gelu(dst, x []float32) {
	n := len(dst) &^ 3
	if n > 0 {
		gelu4(dst[:n], x)
	}
	geluGeneric(dst[n:], x[n:])
}

// See geGLUGeneric for the reference.
func geGLU(dst, gate, up []float32) {
	n := len(dst) &^ 3
	if n > 0 {
		geGLU4(dst[:n], gate, up)
	}
	geGLUGeneric(dst[n:], gate[n:], up[n:])
}

// The functions below work on the positive multiple of four values that their
// first slice has.

//go:noescape
func gelu4(dst, x []float32)

//go:noescape
func geGLU4(dst, gate, up []float32)

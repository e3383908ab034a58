//go:build go1.27 && !purego

package kernel

// See softCapGeneric for the reference.
func softCap(x []float32, limit, inverse float32) {
	n := len(x) &^ 3
	if n > 0 {
		softCap4(x[:n], limit, inverse)
	}
	softCapGeneric(x[n:], limit, inverse)
}

// softCap4 is SoftCap of a positive multiple of four values.
//
//go:noescape
func softCap4(x []float32, limit, inverse float32)

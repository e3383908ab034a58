package kernel

import (
	"fmt"
	"math"
)

// RMSNorm writes x / rms(x) * w to dst, row by row.
//
//	dst, x [rows, n] f32; w [n] f32; rms(x) = sqrt(mean(x²) + eps), mean over a row
//
// dst may alias x. It panics if the lengths of dst and x differ or are not a
// multiple of len(w).
// Zhang and Sennrich, "Root Mean Square Layer Normalization", arXiv:1910.07467, eq. 4.
func RMSNorm(dst, x, w []float32, eps float32) {
	n := len(w)
	if len(dst) != len(x) || n == 0 || len(x)%n != 0 {
		panic(fmt.Sprintf("kernel: RMSNorm of %d values into %d with %d weights", len(x), len(dst), n))
	}
	for i := 0; i < len(x); i += n {
		row := x[i : i+n]
		mean := dot(row, row) / float32(n)
		inv := 1 / float32(math.Sqrt(float64(mean+eps)))
		mulScaled(dst[i:i+n], row, inv, w)
	}
}

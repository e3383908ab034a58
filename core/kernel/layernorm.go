package kernel

import (
	"fmt"
	"math"
)

// LayerNorm writes (x - mean) / √(var + eps) * w + b to dst, row by row.
//
//	dst, x [rows, n] f32; w [n] f32; b [n] f32, or nil for none
//	mean and var = mean((x - mean)²) are those of a row
//
// Sums run in eight lanes, as those of Dot. dst may alias x. It panics if the
// lengths of dst and x differ or are not a multiple of len(w), or b has another length.
// Ba, Kiros and Hinton, "Layer Normalization", arXiv:1607.06450, eq. 4.
func LayerNorm(dst, x, w, b []float32, eps float32) {
	n := len(w)
	if len(dst) != len(x) || n == 0 || len(x)%n != 0 || b != nil && len(b) != n {
		panic(fmt.Sprintf("kernel: LayerNorm of %d values into %d with %d weights and %d biases", len(x), len(dst), n, len(b)))
	}
	for i := 0; i < len(x); i += n {
		row := dst[i : i+n]
		subtract(row, x[i:i+n], sum(x[i:i+n])/float32(n))
		variance := dot(row, row) / float32(n)
		mulScaled(row, row, 1/float32(math.Sqrt(float64(variance+eps))), w)
		if b != nil {
			add(row, b)
		}
	}
}

// sumGeneric returns the sum of x in the lanes of dotGeneric.
func sumGeneric(x []float32) float32 {
	var s [8]float32
	n := len(x) &^ 7
	for i := 0; i < n; i += 8 {
		a := (*[8]float32)(x[i:])
		for j := range s {
			s[j] += a[j]
		}
	}
	return sumTail(((s[0]+s[4])+(s[1]+s[5]))+((s[2]+s[6])+(s[3]+s[7])), x[n:])
}

// sumTail adds x to s in order.
func sumTail(s float32, x []float32) float32 {
	for _, v := range x {
		s += v
	}
	return s
}

func subtractGeneric(dst, x []float32, a float32) {
	for i, v := range x {
		dst[i] = v - a
	}
}

package kernel

import "fmt"

// Dot returns the sum of x[i]*y[i]. It panics if the lengths differ.
//
// Products are added in eight lanes, i mod 8, which are joined at the end; what
// is left beyond a multiple of eight is added in order.
func Dot(x, y []float32) float32 {
	if len(x) != len(y) {
		panic(fmt.Sprintf("kernel: Dot of %d and %d values", len(x), len(y)))
	}
	return dot(x, y)
}

func dotGeneric(x, y []float32) float32 {
	y = y[:len(x)]
	var s [8]float32
	n := len(x) &^ 7
	for i := 0; i < n; i += 8 {
		a, b := (*[8]float32)(x[i:]), (*[8]float32)(y[i:])
		for j := range s {
			s[j] += float32(a[j] * b[j])
		}
	}
	return dotTail(((s[0]+s[4])+(s[1]+s[5]))+((s[2]+s[6])+(s[3]+s[7])), x[n:], y[n:])
}

// dotTail adds x[i]*y[i] to s in order.
func dotTail(s float32, x, y []float32) float32 {
	for i, v := range x {
		s += float32(v * y[i])
	}
	return s
}

// MatMul writes x·wᵀ to dst: dst[t][r] = Dot(w[r], x[t]).
//
//	dst [tokens, rows], w [rows, cols], x [tokens, cols], all float32, row-major
//
// It panics if a length doesn't fit.
func MatMul(dst, w, x []float32, rows, cols, tokens int) {
	if len(dst) != tokens*rows || len(w) != rows*cols || len(x) != tokens*cols {
		panic(fmt.Sprintf("kernel: MatMul of %d rows, %d columns, %d tokens with %d, %d and %d values", rows, cols, tokens, len(dst), len(w), len(x)))
	}
	for t := range tokens {
		matVec(dst[t*rows:(t+1)*rows], w, x[t*cols:(t+1)*cols])
	}
}

func matVecGeneric(dst, w, x []float32) {
	for r := range dst {
		dst[r] = dotGeneric(w[r*len(x):(r+1)*len(x)], x)
	}
}

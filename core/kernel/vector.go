package kernel

import "fmt"

// Add adds x to dst, value by value. It panics if the lengths differ.
func Add(dst, x []float32) {
	checkSame("Add", len(dst), len(x))
	add(dst, x)
}

// Axpy adds a*x to dst, value by value. It panics if the lengths differ.
func Axpy(dst []float32, a float32, x []float32) {
	checkSame("Axpy", len(dst), len(x))
	axpy(dst, a, x)
}

// Scale multiplies every value of x by a.
func Scale(x []float32, a float32) { scale(x, a) }

// Mul multiplies dst by x, value by value. It panics if the lengths differ.
func Mul(dst, x []float32) {
	checkSame("Mul", len(dst), len(x))
	for i, v := range x {
		dst[i] *= v
	}
}

// mulScaled writes x*a*w to dst: first x[i]*a, then times w[i].
func mulScaledGeneric(dst, x []float32, a float32, w []float32) {
	for i, v := range x {
		dst[i] = float32(v*a) * w[i]
	}
}

func addGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] += v
	}
}

func axpyGeneric(dst []float32, a float32, x []float32) {
	for i, v := range x {
		dst[i] += float32(a * v)
	}
}

func scaleGeneric(x []float32, a float32) {
	for i := range x {
		x[i] *= a
	}
}

func checkSame(op string, a, b int) {
	if a != b {
		panic(fmt.Sprintf("kernel: %s of %d and %d values", op, a, b))
	}
}

package kernel

import "math"

// Constants of Tanh: below tanhSmall it is x + x³·P(x²), from Cephes (Moshier, tanhf.c).
const (
	tanhSmall = 0.625
	tanhP0    = -5.70498872745e-3
	tanhP1    = 2.06390887954e-2
	tanhP2    = -5.37397155531e-2
	tanhP3    = 1.33314422036e-1
	tanhP4    = -3.33332819422e-1
)

// Tanh returns the hyperbolic tangent of x with a relative error below 2^-21, by
// the same float32 steps on every machine. NaN stays NaN.
func Tanh(x float32) float32 {
	a := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	if a >= tanhSmall {
		y := 1 - 2/(Exp(a+a)+1)
		return math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&(1<<31))
	}
	z := float32(x * x)
	p := float32(tanhP0)
	p = float32(p*z) + tanhP1
	p = float32(p*z) + tanhP2
	p = float32(p*z) + tanhP3
	p = float32(p*z) + tanhP4
	return float32(float32(p*z)*x) + x
}

// SoftCap replaces every value v of x by limit·tanh(v/limit), which stays within
// ±limit and leaves small values nearly as they are.
// Gemma Team, "Gemma 2", arXiv:2408.00118, §2.
func SoftCap(x []float32, limit float32) { softCap(x, limit, 1/limit) }

// softCapGeneric multiplies by inverse, 1/limit, instead of dividing.
func softCapGeneric(x []float32, limit, inverse float32) {
	for i, v := range x {
		x[i] = limit * Tanh(float32(v*inverse))
	}
}

package kernel

import (
	"fmt"
	"math"
	"slices"
)

// Constants of Exp: the reduction x = n*ln 2 + r with ln 2 in two parts, and the
// minimax polynomial of degree five for exp(r) = 1 + r + r²·P(r) on |r| <= ln2/2,
// both from Cephes (Moshier, expf.c).
const (
	expLow   = -104 // exp of less is below half the smallest subnormal
	expHigh  = 89   // exp of more is infinite
	expLog2e = 1.44269504088896341
	expLn2Hi = 0.693359375
	expLn2Lo = -2.12194440e-4
	expP0    = 1.9875691500e-4
	expP1    = 1.3981999507e-3
	expP2    = 8.3334519073e-3
	expP3    = 4.1665795894e-2
	expP4    = 1.6666665459e-1
	expP5    = 5.0000001201e-1

	// roundMagic is 1.5*2^23: adding it to |v| < 2^22 leaves v rounded to an
	// integer, ties to even, in the low bits of the sum.
	roundMagic     = 12582912
	roundMagicBits = 0x4B400000
)

// Exp returns e**x with a relative error below 2^-22, by the same float32 steps
// on every machine. NaN stays NaN.
func Exp(x float32) float32 {
	if x < expLow {
		x = expLow
	}
	if x > expHigh {
		x = expHigh
	}
	t := float32(x*expLog2e) + roundMagic
	n := int32(math.Float32bits(t) - roundMagicBits)
	nf := t - roundMagic
	r := x - float32(nf*expLn2Hi)
	r -= float32(nf * expLn2Lo)
	p := float32(expP0)
	p = float32(p*r) + expP1
	p = float32(p*r) + expP2
	p = float32(p*r) + expP3
	p = float32(p*r) + expP4
	p = float32(p*r) + expP5
	y := float32(float32(p*float32(r*r))+r) + 1
	// 2^n in two factors, so that neither leaves the range of float32.
	n1 := n >> 1
	y *= math.Float32frombits(uint32(n1+127) << 23)
	return y * math.Float32frombits(uint32(n-n1+127)<<23)
}

// Softmax replaces x by exp(x - max) / sum(exp(x - max)), in place.
// A row of only -Inf (everything masked) becomes zeros; NaN spreads to the whole row.
func Softmax(x []float32) {
	if len(x) == 0 {
		return
	}
	m := maxOf(x)
	if math.IsInf(float64(m), -1) && !anyNaN(x) {
		clear(x)
		return
	}
	scale(x, 1/expSum(x, m))
}

// SwiGLU writes silu(gate)*up to dst, silu(v) = v / (1 + exp(-v)).
// dst may alias gate or up. It panics if the lengths differ.
// Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, eq. 6.
func SwiGLU(dst, gate, up []float32) {
	if len(dst) != len(gate) || len(dst) != len(up) {
		panic(fmt.Sprintf("kernel: SwiGLU of %d and %d values into %d", len(gate), len(up), len(dst)))
	}
	swiGLU(dst, gate, up)
}

// maxOfGeneric returns the largest value, -Inf if there is none; NaN never counts.
func maxOfGeneric(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		if v > m {
			m = v
		}
	}
	return m + 0 // of zeros +0, in any order
}

// anyNaN is for rows without a number above -Inf, where maxOf can't tell.
func anyNaN(x []float32) bool { return slices.ContainsFunc(x, func(v float32) bool { return v != v }) }

// expSumGeneric replaces x by exp(x-m) and returns the sum, added in four lanes
// and then, beyond a multiple of four, in order.
func expSumGeneric(x []float32, m float32) float32 {
	var s [4]float32
	n := len(x) &^ 3
	for i := 0; i < n; i += 4 {
		for j := range s {
			e := Exp(x[i+j] - m)
			x[i+j] = e
			s[j] += e
		}
	}
	return expSumTail((s[0]+s[1])+(s[2]+s[3]), x[n:], m)
}

func expSumTail(s float32, x []float32, m float32) float32 {
	for i, v := range x {
		x[i] = Exp(v - m)
		s += x[i]
	}
	return s
}

func swiGLUGeneric(dst, gate, up []float32) {
	for i, g := range gate {
		dst[i] = g / (1 + Exp(-g)) * up[i]
	}
}

package kernel

import "fmt"

// RoPE rotates the first len(cos) values of every head of x, in adjacent pairs:
//
//	(x[2i], x[2i+1]) -> (x[2i]*cos - x[2i+1]*sin, x[2i+1]*cos + x[2i]*sin)
//
// x [heads, headDim] f32, overwritten; cos and sin [rotated] hold each pair's
// cosine twice, and its sine as (-sin, sin), so that a vector of four values is
// one product with cos and one, neighbours exchanged, with sin.
// It panics if the lengths don't fit.
// Su et al., "RoFormer", arXiv:2104.09864, §3.4.2, eq. 34.
func RoPE(x, cos, sin []float32, headDim int) {
	if len(cos) != len(sin) || len(cos)%2 != 0 || headDim < len(cos) || headDim == 0 || len(x)%headDim != 0 {
		panic(fmt.Sprintf("kernel: RoPE of %d values in heads of %d with %d cosines and %d sines", len(x), headDim, len(cos), len(sin)))
	}
	if len(x) > 0 && len(cos) > 0 {
		rope(x, cos, sin, headDim)
	}
}

func ropeGeneric(x, cos, sin []float32, headDim int) {
	for h := 0; h < len(x); h += headDim {
		head := x[h : h+headDim]
		for i := 0; i < len(cos); i += 2 {
			a, b := head[i], head[i+1]
			head[i] = float32(a*cos[i]) + float32(b*sin[i])
			head[i+1] = float32(b*cos[i+1]) + float32(a*sin[i+1])
		}
	}
}

package kernel

import "fmt"

// RoPENeoX rotates the first 2*len(cos) values of every head of x, in pairs that
// lie half of them apart, as GPT-NeoX and all models converted from Hugging Face's
// rotate_half have them:
//
//	(x[i], x[i+n]) -> (x[i]*cos[i] - x[i+n]*sin[i], x[i+n]*cos[i] + x[i]*sin[i]),  n = len(cos)
//
// x [heads, headDim] f32, overwritten; cos and sin [rotated/2] f32, a value a pair.
// It panics if the lengths don't fit.
// Su et al., "RoFormer", arXiv:2104.09864, §3.4.2, eq. 34, with the pairs of
// Black et al., "GPT-NeoX-20B", arXiv:2204.06745, §2.1.
func RoPENeoX(x, cos, sin []float32, headDim int) {
	if len(cos) != len(sin) || headDim < 2*len(cos) || headDim == 0 || len(x)%headDim != 0 {
		panic(fmt.Sprintf("kernel: RoPENeoX of %d values in heads of %d with %d cosines and %d sines", len(x), headDim, len(cos), len(sin)))
	}
	if len(x) > 0 && len(cos) > 0 {
		ropeNeoX(x, cos, sin, headDim)
	}
}

func ropeNeoXGeneric(x, cos, sin []float32, headDim int) {
	n := len(cos)
	for h := 0; h < len(x); h += headDim {
		low, high := x[h:h+n], x[h+n:h+2*n]
		for i, a := range low {
			b := high[i]
			low[i] = float32(a*cos[i]) - float32(b*sin[i])
			high[i] = float32(b*cos[i]) + float32(a*sin[i])
		}
	}
}

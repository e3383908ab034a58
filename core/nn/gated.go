package nn

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/profile"
)

// Gate computes a function of a gate times a value, of rows that hold both side by
// side: x [tokens, 2*n] f32, dst [tokens, n]. dst may be empty, of a worker without a part.
type Gate func(dst, x []float32, tokens int)

// SwiGLU is the Gate silu(gate)*up: see kernel.SwiGLU.
func SwiGLU(dst, x []float32, tokens int) { gated(dst, x, tokens, kernel.SwiGLU) }

// GeGLU is the Gate gelu(gate)*up: see kernel.GeGLU.
func GeGLU(dst, x []float32, tokens int) { gated(dst, x, tokens, kernel.GeGLU) }

// ClampedSwiGLU is the Gate of gpt-oss: see kernel.ClampedSwiGLU.
func ClampedSwiGLU(dst, x []float32, tokens int) { gated(dst, x, tokens, kernel.ClampedSwiGLU) }

func gated(dst, x []float32, tokens int, f func(dst, gate, up []float32)) {
	n := len(dst) / tokens
	if n == 0 {
		return
	}
	before := profile.Enter(profile.FFN)
	for t := range tokens {
		row := x[2*t*n : 2*(t+1)*n]
		f(dst[t*n:(t+1)*n], row[:n], row[n:])
	}
	profile.Leave(before)
}

// GELU replaces x by its gelu: see kernel.GELU.
func GELU(x []float32) {
	before := profile.Enter(profile.FFN)
	kernel.GELU(x, x)
	profile.Leave(before)
}

// ReLU replaces what is negative in x by 0; NaN stays.
func ReLU(x []float32) {
	before := profile.Enter(profile.FFN)
	for i, v := range x {
		if v < 0 {
			x[i] = 0
		}
	}
	profile.Leave(before)
}

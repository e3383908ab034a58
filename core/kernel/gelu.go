package kernel

import "fmt"

// Constants of GELU: -2·√(2/π), and the weight of the cube.
const (
	geluSlope = -2 * 0.79788456080286535588
	geluCube  = 0.044715
)

// GELU writes gelu(x) to dst, in the form with tanh that ggml computes for every
// architecture:
//
//	gelu(v) = v/2 · (1 + tanh(u)),  u = √(2/π) · (v + 0.044715·v³)
//
// It is computed as v / (1 + exp(-2u)), the same number without the difference of
// near values that negative v would bring.
// dst may be x. It panics if the lengths differ.
// Hendrycks and Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415, §2.
func GELU(dst, x []float32) {
	checkSame("GELU", len(dst), len(x))
	gelu(dst, x)
}

// GeGLU writes gelu(gate)*up to dst, with the gelu of GELU. dst may alias gate or
// up. It panics if the lengths differ.
// Shazeer, "GLU Variants Improve Transformer", arXiv:2002.05202, eq. 6.
func GeGLU(dst, gate, up []float32) {
	if len(dst) != len(gate) || len(dst) != len(up) {
		panic(fmt.Sprintf("kernel: GeGLU of %d and %d values into %d", len(gate), len(up), len(dst)))
	}
	geGLU(dst, gate, up)
}

func gelu1(v float32) float32 {
	p := float32(float32(v*v)*geluCube) + 1
	return v / (1 + Exp(float32(float32(v*p)*geluSlope)))
}

func geluGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = gelu1(v)
	}
}

func geGLUGeneric(dst, gate, up []float32) {
	for i, v := range gate {
		dst[i] = gelu1(v) * up[i]
	}
}

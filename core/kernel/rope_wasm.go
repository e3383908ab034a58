//go:build go1.27 && !purego

package kernel

// See ropeGeneric for the reference.
func rope(x, cos, sin []float32, headDim int) {
	if len(cos)%4 != 0 {
		ropeGeneric(x, cos, sin, headDim)
		return
	}
	rope4(x, cos, sin, headDim)
}

// rope4 is RoPE for a positive multiple of four rotated values and at least one head.
//
//go:noescape
func rope4(x, cos, sin []float32, headDim int)

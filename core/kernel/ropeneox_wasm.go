//go:build go1.27 && !purego

package kernel

// See ropeNeoXGeneric for the reference.
func ropeNeoX(x, cos, sin []float32, headDim int) {
	if len(cos)%4 != 0 {
		ropeNeoXGeneric(x, cos, sin, headDim)
		return
	}
	ropeNeoX4(x, cos, sin, headDim)
}

// ropeNeoX4 is RoPENeoX for a positive multiple of four pairs and at least one head.
//
//go:noescape
func ropeNeoX4(x, cos, sin []float32, headDim int)

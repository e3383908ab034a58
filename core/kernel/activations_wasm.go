//go:build go1.27 && !purego

package kernel

// quantize functions fill a positive number of blocks. See quantizeFor8Generic and
// quantizeFor4Generic for the references.

//go:noescape
func quantizeFor8(q []int16, blocks []BlockScale, x []float32)

//go:noescape
func quantizeFor4(q []int16, blocks []BlockScale, x []float32)

// differences changes a positive number of blocks. See differencesGeneric for the reference.
//
//go:noescape
func differences(dst []int16, q []int16)

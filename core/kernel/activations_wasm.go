//go:build go1.27 && !purego

package kernel

// quantize fills the len(d) > 0 blocks. See quantizeGeneric for the reference.
//
//go:noescape
func quantize(q []int16, d []float32, s []int32, x []float32)

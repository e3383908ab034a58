//go:build go1.27 && !purego

package kernel

// quantize fills a positive number of blocks. See quantizeGeneric for the reference.
//
//go:noescape
func quantize(q []int16, blocks []BlockScale, x []float32)

// differences changes a positive number of blocks. See differencesGeneric for the reference.
//
//go:noescape
func differences(dst []int16, q []int16)

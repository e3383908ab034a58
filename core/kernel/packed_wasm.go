//go:build go1.27 && !purego

package kernel

// FewTokens is from how many tokens on a product unpacks the weights first; fewer take
// one after the other. BenchmarkBatch measures it, docs/kernels.md has figures.
const FewTokens = 32

// formats are all that packed matrices can be. Of the functions, see
// matVecGeneric, unpackGeneric, gemmGeneric and
// packGroupGeneric for the references.
var formats = []*Packed{
	{8, 32, false, matVecInt8, unpackInt8, gemmTile, packGroupInt8},
	{8, 32, true, matVecInt8Min, unpackInt8Min, gemmTileMin, packGroupInt8Min},
	{8, 16, false, matVecInt8G16, unpackInt8G16, gemmTileG16, packGroupInt8G16},
	{8, 16, true, matVecInt8G16Min, unpackInt8G16Min, gemmTileG16Min, packGroupInt8G16Min},
	{4, 32, false, matVecInt4, unpackInt4, gemmTile, packGroupInt4},
	{4, 32, true, matVecInt4Min, unpackInt4Min, gemmTileMin, packGroupInt4Min},
	{4, 16, false, matVecInt4G16, unpackInt4G16, gemmTileG16, packGroupInt4G16},
	{4, 16, true, matVecInt4G16Min, unpackInt4G16Min, gemmTileG16Min, packGroupInt4G16Min},
}

// matVec functions: len(dst) is a positive multiple of 16, len(x) positive.

//go:noescape
func matVecInt8(dst []float32, w []byte, q []int16, x []BlockScale)

//go:noescape
func matVecInt8Min(dst []float32, w []byte, q []int16, x []BlockScale)

//go:noescape
func matVecInt8G16(dst []float32, w []byte, q []int16, x []BlockScale)

//go:noescape
func matVecInt8G16Min(dst []float32, w []byte, q []int16, x []BlockScale)

//go:noescape
func matVecInt4(dst []float32, w []byte, q []int16, x []BlockScale)

//go:noescape
func matVecInt4Min(dst []float32, w []byte, q []int16, x []BlockScale)

//go:noescape
func matVecInt4G16(dst []float32, w []byte, q []int16, x []BlockScale)

//go:noescape
func matVecInt4G16Min(dst []float32, w []byte, q []int16, x []BlockScale)

// unpack functions: w holds at least one block.

//go:noescape
func unpackInt8(dst []int16, scales []float32, w []byte)

//go:noescape
func unpackInt8Min(dst []int16, scales []float32, w []byte)

//go:noescape
func unpackInt8G16(dst []int16, scales []float32, w []byte)

//go:noescape
func unpackInt8G16Min(dst []int16, scales []float32, w []byte)

//go:noescape
func unpackInt4(dst []int16, scales []float32, w []byte)

//go:noescape
func unpackInt4Min(dst []int16, scales []float32, w []byte)

//go:noescape
func unpackInt4G16(dst []int16, scales []float32, w []byte)

//go:noescape
func unpackInt4G16Min(dst []int16, scales []float32, w []byte)

// gemm functions: 16 rows for pairs of two tokens; blocks and pairs are positive.

//go:noescape
func gemmTile(dst []float32, rows int, w []int16, scales []float32, q []int16, x []BlockScale, stride, blocks, pairs int)

//go:noescape
func gemmTileMin(dst []float32, rows int, w []int16, scales []float32, q []int16, x []BlockScale, stride, blocks, pairs int)

//go:noescape
func gemmTileG16(dst []float32, rows int, w []int16, scales []float32, q []int16, x []BlockScale, stride, blocks, pairs int)

//go:noescape
func gemmTileG16Min(dst []float32, rows int, w []int16, scales []float32, q []int16, x []BlockScale, stride, blocks, pairs int)

// packGroup functions: dst has at least one block.

//go:noescape
func packGroupInt8(dst []byte, q []int8, d, m []float32)

//go:noescape
func packGroupInt8Min(dst []byte, q []int8, d, m []float32)

//go:noescape
func packGroupInt8G16(dst []byte, q []int8, d, m []float32)

//go:noescape
func packGroupInt8G16Min(dst []byte, q []int8, d, m []float32)

//go:noescape
func packGroupInt4(dst []byte, q []int8, d, m []float32)

//go:noescape
func packGroupInt4Min(dst []byte, q []int8, d, m []float32)

//go:noescape
func packGroupInt4G16(dst []byte, q []int8, d, m []float32)

//go:noescape
func packGroupInt4G16Min(dst []byte, q []int8, d, m []float32)

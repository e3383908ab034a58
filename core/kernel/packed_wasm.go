//go:build go1.27 && !purego

package kernel

// See matVecInt8Generic for the reference. len(dst) is a positive multiple of 16, len(d) positive.
//
//go:noescape
func matVecInt8(dst []float32, w []byte, q []int16, d []float32, s []int32)

// See matVecInt4Generic for the reference. len(dst) is a positive multiple of 16, len(d) positive.
//
//go:noescape
func matVecInt4(dst []float32, w []byte, q []int16, d []float32, s []int32)

// See unpackInt8Generic for the reference. w holds at least one block.
//
//go:noescape
func unpackInt8(dst []int16, scales []float32, w []byte)

// See unpackInt4Generic for the reference. w holds at least one block.
//
//go:noescape
func unpackInt4(dst []int16, scales []float32, w []byte)

// See gemmTileGeneric for the reference.
func gemmTile(dst []float32, rows int, tile *Tile, q []int16, d []float32, blocks, tokens int) {
	if tokens == tileTokens {
		gemm2x3(dst, rows, tile.w, tile.scales, q, d, blocks)
	} else {
		gemm2x1(dst, tile.w, tile.scales, q, d, blocks)
	}
}

// gemm2x3 is gemmTile for three tokens.
//
//go:noescape
func gemm2x3(dst []float32, rows int, w []int16, scales []float32, q []int16, d []float32, blocks int)

// gemm2x1 is gemmTile for one token.
//
//go:noescape
func gemm2x1(dst []float32, w []int16, scales []float32, q []int16, d []float32, blocks int)

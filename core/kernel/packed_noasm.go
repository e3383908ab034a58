//go:build purego || !(wasm && go1.27)

package kernel

func matVecInt8(dst []float32, w []byte, q []int16, d []float32, s []int32) {
	matVecInt8Generic(dst, w, q, d, s)
}

func matVecInt4(dst []float32, w []byte, q []int16, d []float32, s []int32) {
	matVecInt4Generic(dst, w, q, d, s)
}

func unpackInt8(dst []int16, scales []float32, w []byte) { unpackInt8Generic(dst, scales, w) }

func unpackInt4(dst []int16, scales []float32, w []byte) { unpackInt4Generic(dst, scales, w) }

func gemmTile(dst []float32, rows int, tile *Tile, q []int16, d []float32, blocks, tokens int) {
	gemmTileGeneric(dst, rows, tile, q, d, blocks, tokens)
}

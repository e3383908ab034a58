package kernel

import (
	"encoding/binary"
	"math"
)

// gemmMinTokens is from how many tokens on a product unpacks the weights first.
const gemmMinTokens = 2

// Groups and tokens of one step of the inner loop: 8 rows x 3 tokens take 15 of
// the 16 vector registers that the assembler has.
const (
	tileGroups = 2
	tileTokens = 3
)

// Tile is the memory in which a matrix product unpacks a few rows of weights to
// int16; keep one for a sequence of products.
type Tile struct {
	w      []int16   // [groups, blocks, 16 vectors of 8]: (k0, k2) and (k1, k3) of four rows in turn
	scales []float32 // [groups, blocks, 4]
}

func (t *Tile) resize(blocks int) {
	if n := tileGroups * blocks; cap(t.scales) < n*GroupRows {
		t.w = make([]int16, n*GroupRows*BlockLen)
		t.scales = make([]float32, n*GroupRows)
	}
}

// gemm is the product for several tokens: two groups of rows at a time are
// unpacked once and then meet all tokens, three at a time.
func gemm(dst []float32, w []byte, x *Activations, tile *Tile, f *packedFormat) {
	blocks := x.Cols / BlockLen
	rows := len(dst) / x.Tokens
	groupBytes := blocks * f.blockBytes
	tile.resize(blocks)
	half, halfS := blocks*GroupRows*BlockLen, blocks*GroupRows
	for g := 0; g < rows/GroupRows; g += tileGroups {
		for i := range tileGroups {
			f.unpack(tile.w[i*half:(i+1)*half], tile.scales[i*halfS:(i+1)*halfS], w[(g+i)*groupBytes:(g+i+1)*groupBytes])
		}
		out := dst[g*GroupRows:]
		t := 0
		for ; t+tileTokens <= x.Tokens; t += tileTokens {
			gemmTile(out[t*rows:], rows, tile, x.Q[t*x.Cols*expand:], x.D[t*blocks:], blocks, tileTokens)
		}
		for ; t < x.Tokens; t++ {
			gemmTile(out[t*rows:], rows, tile, x.Q[t*x.Cols*expand:], x.D[t*blocks:], blocks, 1)
		}
	}
}

// gemmTileGeneric writes 8 rows for each of the given tokens; rows is the
// distance of two tokens in dst.
func gemmTileGeneric(dst []float32, rows int, tile *Tile, q []int16, d []float32, blocks, tokens int) {
	for t := range tokens {
		for g := range tileGroups {
			var acc [GroupRows]float32
			for b := range blocks {
				w := (*[GroupRows * BlockLen]int16)(tile.w[(g*blocks+b)*GroupRows*BlockLen:])
				x := (*[BlockLen * expand]int16)(q[(t*blocks+b)*BlockLen*expand:])
				var sum [GroupRows]int32
				for i := 0; i < len(w); i += 2 {
					sum[i/2%4] += int32(w[i])*int32(x[i]) + int32(w[i+1])*int32(x[i+1])
				}
				ws := tile.scales[(g*blocks+b)*GroupRows:]
				for r := range acc {
					acc[r] += float32(float32(sum[r]) * float32(ws[r]*d[t*blocks+b]))
				}
			}
			copy(dst[t*rows+g*GroupRows:], acc[:])
		}
	}
}

func unpackInt8Generic(dst []int16, scales []float32, w []byte) {
	for ; len(w) > 0; w, dst, scales = w[Int8BlockBytes:], dst[GroupRows*BlockLen:], scales[GroupRows:] {
		for c := range 8 {
			for i := range 8 { // int16 lane i: even byte to the first vector, odd byte to the second
				dst[16*c+i] = int16(int8(w[16*c+2*i]))
				dst[16*c+8+i] = int16(int8(w[16*c+2*i+1]))
			}
		}
		unpackScales(scales, w[128:])
	}
}

func unpackInt4Generic(dst []int16, scales []float32, w []byte) {
	for ; len(w) > 0; w, dst, scales = w[Int4BlockBytes:], dst[GroupRows*BlockLen:], scales[GroupRows:] {
		for c := range 4 {
			for i := range 8 { // nibble n of int16 lane i to vector n
				lane := binary.LittleEndian.Uint16(w[16*c+2*i:])
				for n := range 4 {
					dst[32*c+8*n+i] = int16(lane>>(4*n)&15) - 8
				}
			}
		}
		unpackScales(scales, w[64:])
	}
}

func unpackScales(dst []float32, src []byte) {
	for r := range GroupRows {
		dst[r] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*r:]))
	}
}

package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A packed matrix is a row of groups, a group four rows, cut into blocks of 32
// columns. A block holds the weights of its four rows and then their four
// float32 scales, so that one forward stream of memory feeds the whole product:
//
//	int8: 8 times 16 bytes, each 4 rows x 4 columns; 16 bytes of scales
//	int4: 4 times 16 bytes, each 4 rows x 8 columns; 16 bytes of scales
//
// In 16 bytes of int4, row r has the int16 lanes 2r and 2r+1. The nibbles of the
// first, lowest first, are columns 0, 1, 4, 5, those of the second 2, 3, 6, 7:
// so both formats meet the activations in the order of Activations.Q. A nibble
// holds the weight plus 8.
//
// The number of groups is a multiple of four: the product walks four streams, a
// quarter of the matrix apart from each other (docs/kernels.md says why).
const (
	GroupRows      = 4   // rows that are interleaved
	RowMultiple    = 16  // packed matrices have a multiple of so many rows
	Int8BlockBytes = 144 // 4 rows x 32 columns
	Int4BlockBytes = 80
)

// MatMulInt8 writes the product of a packed int8 matrix with every token of x:
// dst[t][r] = sum over blocks b of (d of row r)*(d of token t)*(integer dot product).
//
//	dst [tokens, rows] f32, rows a multiple of 16; w [rows/4, cols/32] blocks of 144 bytes
//
// Integer sums are exact (|w| <= 128, |q| <= 2047, 32 products), and blocks are
// added in order, so a product has the same bits alone and in a batch.
// It panics if the lengths don't fit.
func MatMulInt8(dst []float32, w []byte, x *Activations, tile *Tile) {
	matMulPacked(dst, w, x, tile, int8Format)
}

// MatMulInt4 is MatMulInt8 for a packed int4 matrix, blocks of 80 bytes.
func MatMulInt4(dst []float32, w []byte, x *Activations, tile *Tile) {
	matMulPacked(dst, w, x, tile, int4Format)
}

// packedFormat is what the loops over a packed matrix need to know of its blocks.
type packedFormat struct {
	name       string
	blockBytes int
	matVec     func(dst []float32, w []byte, q []int16, d []float32, s []int32)
	unpack     func(dst []int16, scales []float32, w []byte) // whole blocks of one group
}

var (
	int8Format = &packedFormat{"int8", Int8BlockBytes, matVecInt8, unpackInt8}
	int4Format = &packedFormat{"int4", Int4BlockBytes, matVecInt4, unpackInt4}
)

func matMulPacked(dst []float32, w []byte, x *Activations, tile *Tile, f *packedFormat) {
	blocks := x.Cols / BlockLen
	if x.Tokens == 0 || blocks == 0 || len(dst)%(x.Tokens*RowMultiple) != 0 || len(w) != len(dst)/x.Tokens/GroupRows*blocks*f.blockBytes || len(x.D) != x.Tokens*blocks {
		panic(fmt.Sprintf("kernel: product of %d bytes of %s with %d tokens of %d into %d values", len(w), f.name, x.Tokens, x.Cols, len(dst)))
	}
	if x.Tokens < gemmMinTokens {
		rows := len(dst) / x.Tokens
		for t := range x.Tokens {
			q, d, s := x.token(t)
			f.matVec(dst[t*rows:(t+1)*rows], w, q, d, s)
		}
		return
	}
	gemm(dst, w, x, tile, f)
}

func matVecInt8Generic(dst []float32, w []byte, q []int16, d []float32, _ []int32) {
	for g := 0; g < len(dst); g += GroupRows {
		var acc [GroupRows]float32
		for b := range d {
			block := (*[Int8BlockBytes]byte)(w)
			x := (*[BlockLen * expand]int16)(q[b*BlockLen*expand:])
			var sum [GroupRows]int32
			for c := range 8 {
				x0, x2, x1, x3 := int32(x[16*c]), int32(x[16*c+1]), int32(x[16*c+8]), int32(x[16*c+9])
				for r := range sum {
					v := block[16*c+4*r : 16*c+4*r+4 : 16*c+4*r+4]
					sum[r] += int32(int8(v[0]))*x0 + int32(int8(v[1]))*x1 + int32(int8(v[2]))*x2 + int32(int8(v[3]))*x3
				}
			}
			addBlock(&acc, &sum, block[128:], d[b])
			w = w[Int8BlockBytes:]
		}
		copy(dst[g:], acc[:])
	}
}

func matVecInt4Generic(dst []float32, w []byte, q []int16, d []float32, s []int32) {
	for g := 0; g < len(dst); g += GroupRows {
		var acc [GroupRows]float32
		for b := range d {
			block := (*[Int4BlockBytes]byte)(w)
			x := (*[BlockLen * expand]int16)(q[b*BlockLen*expand:])
			var sum [GroupRows]int32
			for c := range 4 {
				y := x[32*c : 32*c+32 : 32*c+32]
				for r := range sum {
					v := block[16*c+4*r : 16*c+4*r+4 : 16*c+4*r+4]
					sum[r] += int32(v[0]&15)*int32(y[0]) + int32(v[2]&15)*int32(y[1]) +
						int32(v[0]>>4)*int32(y[8]) + int32(v[2]>>4)*int32(y[9]) +
						int32(v[1]&15)*int32(y[16]) + int32(v[3]&15)*int32(y[17]) +
						int32(v[1]>>4)*int32(y[24]) + int32(v[3]>>4)*int32(y[25])
				}
			}
			for r := range sum {
				sum[r] -= 8 * s[b]
			}
			addBlock(&acc, &sum, block[64:], d[b])
			w = w[Int4BlockBytes:]
		}
		copy(dst[g:], acc[:])
	}
}

// addBlock adds a block's integer sums to acc, times the rows' scales and the token's.
func addBlock(acc *[GroupRows]float32, sum *[GroupRows]int32, scales []byte, d float32) {
	for r := range acc {
		ws := math.Float32frombits(binary.LittleEndian.Uint32(scales[4*r:]))
		acc[r] += float32(float32(sum[r]) * float32(ws*d))
	}
}

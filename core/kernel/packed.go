package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A packed matrix is a row of groups, a group four rows, cut into blocks of 32
// columns. A block holds the weights of its four rows, then their float32 scales
// (four for each group of 16 or 32 columns), then with a minimum as many minima,
// so that one forward stream of memory feeds the whole product:
//
//	int8: 8 times 16 bytes, each 4 rows x 4 columns
//	int4: 4 times 16 bytes, each 4 rows x 8 columns
//
// In 16 bytes of int8, row r has the int16 lanes 2r and 2r+1. Each is a number n0 + 256·n1,
// with n0 the weight of columns 0 and 2, n1 that of columns 1 and 3, -127 to 127. So it has
// the bytes of both, n1 less one where n0 is negative. (No quantiser writes -128, which
// such a number has no room for: it counts as -127.)
//
// In 16 bytes of int4, row r has the int16 lanes 2r and 2r+1. The nibbles of the
// first, lowest first, are columns 0, 1, 4, 5, those of the second 2, 3, 6, 7:
// so both meet the activations in the order of Activations. The lower nibbles hold the
// weight plus 8, or with a minimum the weight itself, 0 to 15; the highest one, signed,
// the weight, or with a minimum the weight less 8, so that a shift of the lane has the
// sign of what is left.
//
// The number of groups is a multiple of four: the product walks four streams, a
// quarter of the matrix apart from each other (docs/kernels.md says why).
const (
	GroupRows   = 4  // rows that are interleaved
	RowMultiple = 16 // packed matrices have a multiple of so many rows
)

// Packed is one of the formats of packed matrices: a weight is d*q, or d*q - m
// with a minimum.
type Packed struct {
	Bits  int  // 8 or 4
	Group int  // columns that share a scale: 32 or 16
	Min   bool // whether there is an m

	// These add to dst. q is a token's activations, for weights of 4 bits their differences.
	matVec    func(dst []float32, w []byte, q []int16, x []BlockScale)
	unpack    func(dst []int16, scales []float32, w []byte) // whole blocks of one group
	gemmTile  func(dst []float32, rows int, w []int16, scales []float32, q []int16, x []BlockScale, stride, blocks, pairs int)
	packGroup func(dst []byte, q []int8, d, m []float32) // at least one block
}

// FormatOf returns the format with these properties, or nil if there is none.
func FormatOf(bits, group int, min bool) *Packed {
	for _, f := range formats {
		if f.Bits == bits && f.Group == group && f.Min == min {
			return f
		}
	}
	return nil
}

// String returns a name such as "int4 g16 min".
func (f *Packed) String() string {
	s := fmt.Sprintf("int%d g%d", f.Bits, f.Group)
	if f.Min {
		s += " min"
	}
	return s
}

// WeightBytes is the size of a block's weights, in bytes; the scales follow.
func (f *Packed) WeightBytes() int { return GroupRows * BlockLen * f.Bits / 8 }

// Vectors is how many vectors of four float32 a block has: scales, then minima.
func (f *Packed) Vectors() int {
	n := BlockLen / f.Group
	if f.Min {
		n *= 2
	}
	return n
}

// BlockBytes is the size of a block of four rows and 32 columns, in bytes.
func (f *Packed) BlockBytes() int { return f.WeightBytes() + 16*f.Vectors() }

// MatMul writes the product of a packed matrix with every token of x: dst[t][r] is
// the sum over groups of columns of d of row r times d of token t times the integer
// dot product, less m of row r times the sum of the token's values.
//
//	dst [tokens, rows] f32, rows a multiple of 16; w [rows/4, cols/32] blocks
//
// Integer sums are exact (|w| <= 128, |q| <= 1935, 32 products in 256ths), and blocks are
// added in order, so a product has the same bits alone and in a batch.
// It panics if the lengths don't fit.
func (f *Packed) MatMul(dst []float32, w []byte, x *Activations, tile *Tile) {
	clear(dst)
	f.MatMulAdd(dst, w, x, 0, x.Cols, tile)
}

// MatMulAdd adds to dst the product of a matrix that has only the columns from from to to
// of x, multiples of 32, block by block: so matrices of neighbouring columns, one after the
// other, give the bits of one that has all of these columns.
//
//	dst [tokens, rows] f32, rows a multiple of 16; w [rows/4, (to-from)/32] blocks
//
// It panics if the lengths don't fit.
func (f *Packed) MatMulAdd(dst []float32, w []byte, x *Activations, from, to int, tile *Tile) {
	if from%BlockLen != 0 || to%BlockLen != 0 || from < 0 || from >= to || to > x.Cols {
		panic(fmt.Sprintf("kernel: columns %d to %d of %d", from, to, x.Cols))
	}
	first, blocks := from/BlockLen, (to-from)/BlockLen
	if x.Tokens == 0 || len(dst)%(x.Tokens*RowMultiple) != 0 || len(w) != len(dst)/x.Tokens/GroupRows*blocks*f.BlockBytes() {
		panic(fmt.Sprintf("kernel: product of %d bytes of %v with %d tokens of %d into %d values", len(w), f, x.Tokens, to-from, len(dst)))
	}
	x.Quantize(f.Bits)
	if x.Tokens < FewTokens {
		f.matVecs(dst, w, x, first, blocks)
		return
	}
	f.gemm(dst, w, x, first, blocks, tile)
}

// nearBytes is how much of a matrix meets all of a few tokens before the next part does:
// what the second cache of a processor core has room for.
const nearBytes = 256 << 10

// matVecs adds the product for few tokens, one after the other, so many rows at a time
// that their weights come from the memory for the first token only.
func (f *Packed) matVecs(dst []float32, w []byte, x *Activations, first, blocks int) {
	rows := len(dst) / x.Tokens
	rowBytes := len(w) / rows
	part := rows
	if x.Tokens > 1 {
		part = max(nearBytes/rowBytes/RowMultiple, 1) * RowMultiple
	}
	for r := 0; r < rows; r += part {
		n := min(part, rows-r)
		for t := range x.Tokens {
			q, scales := f.token(x, t, first, blocks)
			f.matVec(dst[t*rows+r:][:n], w[r*rowBytes:(r+n)*rowBytes], q, scales)
		}
	}
}

// token returns some blocks of a row of activations as matVec takes them.
func (f *Packed) token(x *Activations, t, first, blocks int) ([]int16, []BlockScale) {
	ints := x.of(f.Bits)
	q := ints.q
	if f.Bits == 4 {
		q = x.differences
	}
	at := t*(x.Cols/BlockLen) + first
	return q[at*BlockLen*expand : (at+blocks)*BlockLen*expand], ints.blocks[at : at+blocks]
}

// matVecGeneric is the reference of all matVec functions.
func (f *Packed) matVecGeneric(dst []float32, w []byte, q []int16, x []BlockScale) {
	halves, size := BlockLen/f.Group, f.BlockBytes()
	for g := 0; g < len(dst); g += GroupRows {
		acc := (*[GroupRows]float32)(dst[g:])
		for b := range x {
			block, in := w[:size:size], (*[BlockLen * expand]int16)(q[b*BlockLen*expand:])
			for h := range halves {
				var sum [GroupRows]int32
				if f.Bits == 8 {
					sumInt8(&sum, block[h*128/halves:(h+1)*128/halves], in[h*128/halves:])
				} else {
					sumInt4(&sum, block[h*64/halves:(h+1)*64/halves], in[h*128/halves:])
				}
				f.addHalf(acc, &sum, block[f.WeightBytes():], &x[b], h)
			}
			w = w[size:]
		}
	}
}

// sumInt8 adds the products of 16 bytes, 4 rows x 4 columns, at a time.
func sumInt8(sum *[GroupRows]int32, w []byte, x []int16) {
	for ; len(w) > 0; w, x = w[16:], x[16:] {
		for r := range sum {
			a, b := int16(binary.LittleEndian.Uint16(w[4*r:])), int16(binary.LittleEndian.Uint16(w[4*r+2:]))
			sum[r] += int32(a<<8)*int32(x[0]) + int32(b<<8)*int32(x[1]) + int32(a)*int32(x[8]) + int32(b)*int32(x[9])
		}
		if len(w) == 16 {
			return
		}
	}
}

// sumInt4 adds the products of 16 bytes, 4 rows x 8 columns, at a time; x is as
// Activations.differences has it.
func sumInt4(sum *[GroupRows]int32, w []byte, x []int16) {
	for ; len(w) > 0; w, x = w[16:], x[32:] {
		for r := range sum {
			a, b := int32(int16(binary.LittleEndian.Uint16(w[4*r:]))), int32(int16(binary.LittleEndian.Uint16(w[4*r+2:])))
			sum[r] += a*int32(x[0]) + b*int32(x[1]) + a>>4*int32(x[8]) + b>>4*int32(x[9]) +
				a>>8*int32(x[16]) + b>>8*int32(x[17]) + a>>12*int32(x[24]) + b>>12*int32(x[25])
		}
		if len(w) == 16 {
			return
		}
	}
}

// addHalf adds the integer sums of half h of a block, or of a whole one, to acc.
// scales are the block's scales and minima.
func (f *Packed) addHalf(acc *[GroupRows]float32, sum *[GroupRows]int32, scales []byte, x *BlockScale, h int) {
	total, top := x.Sum[h], x.Top[h]
	if f.Group == BlockLen {
		total, top = total+x.Sum[1], top+x.Top[1]
	}
	off := int32(0) // by which the nibbles' sum is too large
	if f.Bits == 4 {
		off = 8 * (total - top)
		if f.Min {
			off = -8 * top
		}
	}
	float := func(i int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(scales[4*i:])) }
	for r := range acc {
		acc[r] += float32(float32(sum[r]-off) * float32(float(4*h+r)*x.D))
		if f.Min {
			acc[r] -= float32(float(4*(f.Vectors()/2+h)+r) * float32(float32(total)*x.D))
		}
	}
}

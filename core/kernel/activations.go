package kernel

import (
	"fmt"
	"math"
	"unsafe"
)

// BlockLen is the number of values along a row that share a scale, in
// activations and in packed weights.
const BlockLen = 32

// expand is how many int16 hold one activation, see Activations.Q.
const expand = 4

// Activations are the rows of a matrix product's right side, quantised once and
// then shared by all matrices that they meet.
//
// Each block of 32 values has a float32 scale d and signed integers of 12 bits,
// |q| <= 1927, with x = d*q to within d/2. The int16 product of WebAssembly
// (i32x4.dot_i16x8_s) takes them as readily as the 8 bits of ggml.
type Activations struct {
	Tokens, Cols int
	X            []float32 // [tokens, cols], what was quantised; not copied

	// Q holds the integers as the kernels load them: for each four values
	// k0..k3 sixteen int16, (k0, k2) four times and (k1, k3) four times, so that
	// one vector meets four rows of weights. [tokens, cols*4]
	Q      []int16
	Blocks []BlockScale // [tokens, cols/32]

	quantized bool // whether Q and Blocks are those of X

	forInt4 []int16 // [tokens, cols*4], see int4; empty until it is needed
}

// Bytes returns the size of the memory held, in bytes.
func (a *Activations) Bytes() int64 {
	return 2*int64(cap(a.Q)+cap(a.forInt4)) + int64(cap(a.Blocks))*int64(unsafe.Sizeof(BlockScale{}))
}

// ActivationBytes returns what the memory of Activations grows to, in bytes, X not counted.
func ActivationBytes(tokens, cols int) int64 {
	block := BlockLen*expand*2 + int64(unsafe.Sizeof(BlockScale{}))
	return int64(cols+BlockLen-1) / BlockLen * (int64(tokens)*block + int64(min(tokens, FewTokens-1))*BlockLen*expand*2)
}

// BlockScale is what 32 activations share.
type BlockScale struct {
	D   float32  // scale
	Sum [2]int32 // sums of the first and the last 16 integers
	Top [2]int32 // of these, those in columns 5 and 7 of each eight, which meet the highest nibbles of int4
}

// Resize makes room for tokens rows of cols values and points X at x, which
// holds them. The other slices keep their memory if it suffices.
// It panics if x has another length.
func (a *Activations) Resize(x []float32, tokens, cols int) {
	if len(x) != tokens*cols {
		panic(fmt.Sprintf("kernel: %d activations for %d tokens of %d", len(x), tokens, cols))
	}
	a.Tokens, a.Cols, a.X, a.quantized, a.forInt4 = tokens, cols, x, false, a.forInt4[:0]
	blocks := tokens * (cols / BlockLen)
	if cap(a.Blocks) < blocks {
		a.Q = make([]int16, blocks*BlockLen*expand)
		a.Blocks = make([]BlockScale, blocks)
	}
	a.Q, a.Blocks = a.Q[:blocks*BlockLen*expand], a.Blocks[:blocks]
}

// Quantize fills Q and Blocks from X, once after each Resize. It panics if the
// columns are not a multiple of 32.
//
// A block whose largest magnitude is below 2^-100 counts as zero; one with a NaN
// or an infinity gets a NaN scale, so that it spreads to every product.
func (a *Activations) Quantize() {
	if a.Cols%BlockLen != 0 {
		panic(fmt.Sprintf("kernel: rows of %d activations are not a multiple of %d", a.Cols, BlockLen))
	}
	if len(a.Blocks) > 0 && !a.quantized {
		quantize(a.Q, a.Blocks, a.X)
	}
	a.quantized = true
}

// token returns the integers and scales of row t.
func (a *Activations) token(t int) (q []int16, blocks []BlockScale) {
	n := a.Cols / BlockLen
	return a.Q[t*a.Cols*expand : (t+1)*a.Cols*expand], a.Blocks[t*n : (t+1)*n]
}

// int4 returns the integers of row t as products with weights of 4 bits take them. Such
// a product doesn't take the nibbles of an int16 apart: with n0..n2 from the lowest and n3
// signed, and v0..v3 the vectors of Q that they meet, it makes
//
//	(n0+16·n1+256·n2+4096·n3)·v0 + (n1+16·n2+256·n3)·(v1-16·v0) + (n2+16·n3)·(v2-16·v1) + n3·(v3-16·v2)
//
// of three shifts, which is n0·v0 + n1·v1 + n2·v2 + n3·v3, modulo 2^32. So v1 to v3 are
// less 16 times the vector before; 17 times the largest integer must fit in 16 bits.
func (a *Activations) int4(t int) []int16 {
	if len(a.forInt4) == 0 {
		if cap(a.forInt4) < len(a.Q) {
			a.forInt4 = make([]int16, len(a.Q))
		}
		a.forInt4 = a.forInt4[:len(a.Q)]
		differences(a.forInt4, a.Q)
	}
	n := a.Cols * expand
	return a.forInt4[t*n : (t+1)*n]
}

func differencesGeneric(dst, q []int16) {
	for i, v := range q {
		if i%32 >= 8 {
			v -= 16 * q[i-8]
		}
		dst[i] = v
	}
}

const (
	maxActivation = 1927       // the most of which 17 times fit in 16 bits, see int4
	tinyBits      = 0x0D800000 // 2^-100
	infBits       = 0x7F800000
)

func quantizeGeneric(q []int16, blocks []BlockScale, x []float32) {
	for b := range blocks {
		block := (*[BlockLen]float32)(x[b*BlockLen:])
		out := (*[BlockLen * expand]int16)(q[b*BlockLen*expand:])
		var inv float32
		blocks[b].D, inv = blockScale(block)
		blocks[b].Sum, blocks[b].Top = [2]int32{}, [2]int32{}
		for i, v := range block {
			// Adding and taking away 1.5*2^23 rounds to an integer, ties to even.
			v := float32(v * inv)
			n := int32(0)
			if v == v {
				n = int32((v + roundMagic) - roundMagic)
			}
			blocks[b].Sum[i/16] += n
			if i%8 == 5 || i%8 == 7 {
				blocks[b].Top[i/16] += n
			}
			// k0..k3 of four: (k0, k2) from 0, (k1, k3) from 8, each four times.
			at := i/4*16 + i%2*8 + i%4/2
			for j := 0; j < 8; j += 2 {
				out[at+j] = int16(n)
			}
		}
	}
}

// blockScale returns the scale of a block and its inverse. Magnitudes are
// compared as the integers of their bits, where NaN is larger than infinity.
func blockScale(x *[BlockLen]float32) (d, inv float32) {
	most := uint32(0)
	for _, v := range x {
		most = max(most, math.Float32bits(v)&0x7fffffff)
	}
	switch {
	case most >= infBits:
		return float32(math.NaN()), 0
	case most < tinyBits:
		return 0, 0
	}
	amax := math.Float32frombits(most)
	return amax / maxActivation, maxActivation / amax
}

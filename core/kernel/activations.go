package kernel

import (
	"fmt"
	"math"
	"unsafe"
)

// BlockLen is the number of values along a row that share a scale, in
// activations and in packed weights.
const BlockLen = 32

// expand is how many int16 hold one activation, see Activations.
const expand = 4

// Activations are the rows of a matrix product's right side, quantised once for each kind
// of weights and then shared by all matrices that they meet.
//
// Each block of 32 values has a float32 scale d and signed integers of 12 bits,
// |q| <= 1935, with x = d*q to within d/2. The int16 product of WebAssembly
// (i32x4.dot_i16x8_s) takes them as readily as the 8 bits of ggml.
//
// The integers lie as the kernels load them: for each four values k0..k3 sixteen int16,
// (k0, k2) four times and (k1, k3) four times, so that one vector meets four rows of weights.
type Activations struct {
	Tokens, Cols int
	X            []float32 // [tokens, cols], what is quantised; not copied

	for8, for4 integers // for weights of 8 and of 4 bits; empty until Quantize makes them

	// differences is for4.q as products of few tokens take it. Such a product doesn't take the
	// nibbles of an int16 apart: with n0..n2 from the lowest and n3 signed, and v0..v3 the
	// vectors of q that they meet, it makes
	//
	//	(n0+16·n1+256·n2+4096·n3)·v0 + (n1+16·n2+256·n3)·(v1-16·v0) + (n2+16·n3)·(v2-16·v1) + n3·(v3-16·v2)
	//
	// of three shifts, which is n0·v0 + n1·v1 + n2·v2 + n3·v3, modulo 2^32. So v1 to v3 are
	// less 16 times the vector before; 17 times the largest integer must fit in 16 bits.
	differences []int16
}

// integers are quantised activations.
//
// For weights of 8 bits a product doesn't take the bytes of an int16 apart either: with n0
// and n1 its numbers, n = n0 + 256·n1, and y0, y1 the activations that they meet, it makes
// of one shift
//
//	256·n0·y0 + n·y1 = n0·(256·y0 + y1) + n1·256·y1
//
// so y0 is rounded such that it is y0 + y1/256 that is nearest to the value. Products, sums
// and with them the scales count in 256ths.
type integers struct {
	q      []int16      // [tokens, cols*4]
	blocks []BlockScale // [tokens, cols/32]
}

// BlockScale is what 32 activations share.
type BlockScale struct {
	D   float32  // scale, for weights of 8 bits a 256th of it
	Sum [2]int32 // sums of the first and the last 16 integers, for weights of 8 bits in 256ths
	Top [2]int32 // of these, those in columns 5 and 7 of each eight, which meet the highest nibbles of int4; 0 for 8 bits
}

// resize makes room for some blocks.
func (n *integers) resize(blocks int) {
	if cap(n.blocks) < blocks {
		n.q, n.blocks = make([]int16, blocks*BlockLen*expand), make([]BlockScale, blocks)
	}
	n.q, n.blocks = n.q[:blocks*BlockLen*expand], n.blocks[:blocks]
}

func (n *integers) bytes() int64 {
	return 2*int64(cap(n.q)) + int64(cap(n.blocks))*int64(unsafe.Sizeof(BlockScale{}))
}

// Bytes returns the size of the memory held, in bytes.
func (a *Activations) Bytes() int64 {
	return a.for8.bytes() + a.for4.bytes() + 2*int64(cap(a.differences))
}

// ActivationBytes returns what the memory of Activations grows to, in bytes, X not counted,
// by products with weights of 8 or of 4 bits.
func ActivationBytes(bits, tokens, cols int) int64 {
	const integers = BlockLen * expand * 2
	block := int64(tokens) * int64(integers+unsafe.Sizeof(BlockScale{}))
	if bits == 4 {
		block += int64(min(tokens, FewTokens-1)) * integers
	}
	return int64(cols+BlockLen-1) / BlockLen * block
}

// Resize makes room for tokens rows of cols values and points X at x, which
// holds them. What was quantised before is forgotten, its memory kept.
// It panics if x has another length.
func (a *Activations) Resize(x []float32, tokens, cols int) {
	if len(x) != tokens*cols {
		panic(fmt.Sprintf("kernel: %d activations for %d tokens of %d", len(x), tokens, cols))
	}
	a.Tokens, a.Cols, a.X = tokens, cols, x
	a.for8.resize(0)
	a.for4.resize(0)
	a.differences = a.differences[:0]
}

// Quantize makes the integers that products with weights of so many bits take, 8 or 4,
// unless they are there. Products call it. It panics if the columns are not a multiple of 32.
//
// A block whose largest magnitude is below 2^-100 counts as zero; one with a NaN
// or an infinity gets a NaN scale, so that it spreads to every product.
func (a *Activations) Quantize(bits int) {
	if a.Cols%BlockLen != 0 {
		panic(fmt.Sprintf("kernel: rows of %d activations are not a multiple of %d", a.Cols, BlockLen))
	}
	n := a.of(bits)
	if len(n.blocks) > 0 || len(a.X) == 0 {
		return
	}
	n.resize(len(a.X) / BlockLen)
	if bits == 8 {
		quantizeFor8(n.q, n.blocks, a.X)
		return
	}
	quantizeFor4(n.q, n.blocks, a.X)
	if a.Tokens < FewTokens {
		a.makeDifferences()
	}
}

func (a *Activations) makeDifferences() {
	n := len(a.for4.q)
	if cap(a.differences) < n {
		a.differences = make([]int16, n)
	}
	a.differences = a.differences[:n]
	differences(a.differences, a.for4.q)
}

// of returns the integers for weights of so many bits.
func (a *Activations) of(bits int) *integers {
	if bits == 8 {
		return &a.for8
	}
	return &a.for4
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
	maxActivation = 1927       // the most of which 17 times fit in 16 bits, see Activations; of 8 bits it can be 8 more
	tinyBits      = 0x0D800000 // 2^-100
	infBits       = 0x7F800000
)

func quantizeFor4Generic(q []int16, blocks []BlockScale, x []float32) {
	for b := range blocks {
		block, out := (*[BlockLen]float32)(x[b*BlockLen:]), (*[BlockLen * expand]int16)(q[b*BlockLen*expand:])
		var inv float32
		blocks[b].D, inv = blockScale(block)
		blocks[b].Sum, blocks[b].Top = [2]int32{}, [2]int32{}
		for i, v := range block {
			n := round(float32(v * inv))
			blocks[b].Sum[i/16] += n
			if i%8 == 5 || i%8 == 7 {
				blocks[b].Top[i/16] += n
			}
			spread(out, i, n)
		}
	}
}

func quantizeFor8Generic(q []int16, blocks []BlockScale, x []float32) {
	for b := range blocks {
		block, out := (*[BlockLen]float32)(x[b*BlockLen:]), (*[BlockLen * expand]int16)(q[b*BlockLen*expand:])
		d, inv := blockScale(block)
		blocks[b] = BlockScale{D: d / 256}
		for i := 0; i < BlockLen; i += 2 {
			odd := round(float32(block[i+1] * inv))
			even := round(float32(block[i]*inv) - float32(odd)/256)
			blocks[b].Sum[i/16] += 256*(even+odd) + odd
			spread(out, i, even)
			spread(out, i+1, odd)
		}
	}
}

// round returns the nearest integer, of ties the even one; of NaN zero.
func round(x float32) int32 {
	if x != x {
		return 0
	}
	return int32((x + roundMagic) - roundMagic) // adding 1.5*2^23 leaves no room for a fraction
}

// spread writes integer i of a block to its places in Activations: k0..k3 of four,
// (k0, k2) from 0, (k1, k3) from 8, each four times.
func spread(q *[BlockLen * expand]int16, i int, n int32) {
	at := i/4*16 + i%2*8 + i%4/2
	for j := 0; j < 8; j += 2 {
		q[at+j] = int16(n)
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

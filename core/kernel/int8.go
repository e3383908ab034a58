package kernel

import (
	"fmt"
	"math"
)

// QuantizeInt8 writes x as integers of 8 bits to q and returns their scale:
// x = scale*q to within scale/2, |q| <= 127. The largest magnitude sets the scale;
// where it is tiny, infinite or NaN, see Activations.Quantize.
//
// It panics if the lengths differ.
func QuantizeInt8(q []int8, x []float32) (scale float32) {
	if len(q) != len(x) {
		panic(fmt.Sprintf("kernel: %d integers of %d values", len(q), len(x)))
	}
	most := uint32(0)
	for _, v := range x {
		most = max(most, math.Float32bits(v)&0x7fffffff)
	}
	if most >= infBits || most < tinyBits {
		clear(q)
		if most >= infBits {
			return float32(math.NaN())
		}
		return 0
	}
	amax := math.Float32frombits(most)
	inv := 127 / amax
	for i, v := range x {
		t := float32(v*inv) + roundMagic // rounds, ties to even: see Exp
		q[i] = int8(int32(math.Float32bits(t) - roundMagicBits))
	}
	return amax / 127
}

// PackInt8Row writes one row of a packed matrix of int8 with a scale for 32
// columns (see Packed), and leaves the other rows of its group alone.
//
//	w    the blocks of the row's group, [blocks*BlockBytes]
//	row  0 to 3, the row in the group
//	q    [blocks*32]; scales [blocks]
//
// It panics if the lengths don't fit.
func PackInt8Row(w []byte, row int, q []int8, scales []float32) {
	const weights, size = GroupRows * BlockLen, GroupRows*BlockLen + 16
	if row < 0 || row >= GroupRows || len(q) != len(scales)*BlockLen || len(w) != len(scales)*size {
		panic(fmt.Sprintf("kernel: row %d of %d values with %d scales into %d bytes", row, len(q), len(scales), len(w)))
	}
	for b, s := range scales {
		block := (*[size]byte)(w[b*size:])
		for c := 0; c < BlockLen; c += 4 {
			v := (*[4]int8)(q[b*BlockLen+c:])
			at := 4*c + 4*row
			block[at], block[at+1], block[at+2], block[at+3] = byte(v[0]), byte(v[1]), byte(v[2]), byte(v[3])
		}
		bits := math.Float32bits(s)
		at := weights + 4*row
		block[at], block[at+1], block[at+2], block[at+3] = byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24)
	}
}

// UnpackInt8Row is the inverse of PackInt8Row: it reads the integers q and the scales of
// a row. It panics if the lengths don't fit.
func UnpackInt8Row(q []int8, scales []float32, w []byte, row int) {
	const weights, size = GroupRows * BlockLen, GroupRows*BlockLen + 16
	if row < 0 || row >= GroupRows || len(q) != len(scales)*BlockLen || len(w) != len(scales)*size {
		panic(fmt.Sprintf("kernel: row %d of %d bytes into %d values with %d scales", row, len(w), len(q), len(scales)))
	}
	for b := range scales {
		block := (*[size]byte)(w[b*size:])
		for c := range BlockLen {
			q[b*BlockLen+c] = int8(block[c/4*16+4*row+c%4])
		}
		at := weights + 4*row
		scales[b] = math.Float32frombits(uint32(block[at]) | uint32(block[at+1])<<8 | uint32(block[at+2])<<16 | uint32(block[at+3])<<24)
	}
}

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

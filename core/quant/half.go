package quant

import "math"

// F16 returns the value of an IEEE 754 binary16 number. Every such number is a
// float32, so the conversion is exact; NaN stays NaN.
func F16(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h & 0x3ff)
	switch exp {
	case 0: // zero and subnormals: frac * 2^-24
		f := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(f))
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// ToF16 rounds f to the nearest IEEE 754 binary16 number, ties to even; what is
// too large becomes infinite.
func ToF16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	abs := b & 0x7fffffff
	switch {
	case abs > 0x7f800000: // NaN: quiet, keep the top of the payload
		return sign | 0x7e00 | uint16(abs>>13)&0x1ff
	case abs >= 0x477ff000: // rounds to 2^16 or more
		return sign | 0x7c00
	case abs < 0x38800000: // below 2^-14: a multiple of 2^-24
		// Adding 0.5 aligns the result's last bit with 2^-24; float32 addition rounds to even.
		r := math.Float32frombits(abs) + 0.5
		return sign | uint16(math.Float32bits(r)-math.Float32bits(0.5))
	}
	r := abs + 0xfff + abs>>13&1 // round to even at bit 13
	return sign | uint16((r-(112<<23))>>13)
}

// BF16 returns the value of a bfloat16 number: the upper half of a float32.
func BF16(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// ToBF16 rounds f to the nearest bfloat16 number, ties to even.
func ToBF16(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 64 // quiet NaN
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

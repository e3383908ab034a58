package sample

import "math/bits"

// Rand is the generator xoshiro256**, seeded by splitmix64: the same stream for
// a seed on every machine and in every version of Gander.
// Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators",
// arXiv:1805.01407, §4.7 and §10; the seeding is the one that they recommend.
type Rand struct{ s [4]uint64 }

// NewRand returns the generator for a seed.
func NewRand(seed uint64) *Rand {
	r := &Rand{}
	for i := range r.s {
		r.s[i] = splitmix64(&seed)
	}
	return r
}

// splitmix64 advances the state and returns the next value of the stream.
// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", fig. 17.
func splitmix64(state *uint64) uint64 {
	*state += 0x9e3779b97f4a7c15
	z := *state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Uint64 returns the next 64 bits.
func (r *Rand) Uint64() uint64 {
	s := &r.s
	result := bits.RotateLeft64(s[1]*5, 7) * 9
	t := s[1] << 17
	s[2] ^= s[0]
	s[3] ^= s[1]
	s[1] ^= s[2]
	s[0] ^= s[3]
	s[2] ^= t
	s[3] = bits.RotateLeft64(s[3], 45)
	return result
}

// Float32 returns a number in [0, 1): the top 24 bits, so that each is exact.
func (r *Rand) Float32() float32 { return float32(r.Uint64()>>40) * (1.0 / (1 << 24)) }

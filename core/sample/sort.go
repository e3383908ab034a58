package sample

import (
	"math"
	"slices"
)

// radixMin is from how many candidates on digits are faster than comparisons.
const radixMin = 1024

// sorter puts candidates in the order of better. Many, which must be in the order of
// their ids, go by the digits of their logits, 11 bits at a time, lowest first: Knuth,
// "The Art of Computer Programming", vol. 3, §5.2.5, algorithm R. Comparisons took longer
// than a step of a small model for a whole vocabulary, which is what there is without top-k.
// Its memory serves many calls.
type sorter struct {
	spare []Candidate
}

func (s *sorter) sort(c []Candidate) {
	if len(c) < radixMin {
		slices.SortFunc(c, better)
		return
	}
	const bits, digits = 11, 3
	const mask = 1<<bits - 1
	var counts [digits][1 << bits]int32
	for i := range c {
		k := descending(c[i].Logit)
		for d := range digits {
			counts[d][k>>(d*bits)&mask]++
		}
	}
	if cap(s.spare) < len(c) {
		s.spare = make([]Candidate, len(c))
	}
	from, to := c, s.spare[:len(c)]
	for d := range digits {
		first := int32(0)
		for i, n := range counts[d] {
			counts[d][i] = first
			first += n
		}
		for _, x := range from {
			at := &counts[d][descending(x.Logit)>>(d*bits)&mask]
			to[*at] = x
			*at++
		}
		from, to = to, from
	}
	copy(c, from) // which is the spare memory, after an odd number of rounds
}

// descending returns a key that is smaller for larger numbers, and the same for both
// zeros. x is no NaN.
func descending(x float32) uint32 {
	k := math.Float32bits(x + 0)
	if k>>31 != 0 {
		return k
	}
	return ^k & (1<<31 - 1)
}

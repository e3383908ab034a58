package kernel

import "fmt"

// KeyGroup is how many positions are interleaved in the key cache, so that four
// scores are one vector sum without a step across lanes.
const KeyGroup = 4

// Scores writes the scaled dot products of a query with the first len(dst) keys:
// dst[p] = scale * sum over d of q[d]*k[p][d], added in the order of d.
//
//	q [headDim] f32; k [positions/4, headDim, 4] f32, position p at [p/4, :, p%4]
//
// It panics if k is shorter than the whole groups of len(dst) positions.
// Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, eq. 1.
func Scores(dst, q, k []float32, scale float32) {
	groups := (len(dst) + KeyGroup - 1) / KeyGroup
	if len(q) == 0 || len(k) < groups*KeyGroup*len(q) {
		panic(fmt.Sprintf("kernel: %d scores of %d values from %d", len(dst), len(q), len(k)))
	}
	scores(dst, q, k, scale)
}

func scoresGeneric(dst, q, k []float32, scale float32) {
	for p := 0; p < len(dst); p += KeyGroup {
		var s [KeyGroup]float32
		group := k[p*len(q) : (p+KeyGroup)*len(q)]
		for d, v := range q {
			x := (*[KeyGroup]float32)(group[d*KeyGroup:])
			for j := range s {
				s[j] += float32(v * x[j])
			}
		}
		for j := range s {
			s[j] *= scale
		}
		copy(dst[p:], s[:])
	}
}

// Mix adds the weighted sum of values to dst: dst[d] += sum over p of w[p]*v[p][d],
// added in the order of p.
//
//	dst [headDim] f32; w [positions] f32; v [positions, headDim] f32
//
// It panics if v is shorter.
func Mix(dst, w, v []float32) {
	if len(v) < len(w)*len(dst) {
		panic(fmt.Sprintf("kernel: mix of %d rows of %d values from %d", len(w), len(dst), len(v)))
	}
	mix(dst, w, v)
}

func mixGeneric(dst, w, v []float32) {
	for p, a := range w {
		row := v[p*len(dst) : (p+1)*len(dst)]
		for d, x := range row {
			dst[d] += float32(a * x)
		}
	}
}

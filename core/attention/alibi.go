package attention

import "math"

// ALiBi lowers a score by a slope times the distance between query and key: each
// head has its own idea of how near is near, and no position needs an embedding.
// Press et al., "Train Short, Test Long", arXiv:2108.12409, §3. Keys behind the
// query, which the paper doesn't have, are as far away as those before it.
type ALiBi struct {
	Slopes []float32 // [heads]
}

// NewALiBi returns the bias with the paper's slopes: 2^(-8/n), 2^(-16/n) and so on
// for n heads, a power of two. Other numbers take those of the power below, then
// every second one of the power above, as the authors' code does.
func NewALiBi(heads int) *ALiBi {
	a := &ALiBi{}
	n := 1
	for 2*n <= heads {
		n *= 2
	}
	for i := range heads {
		exponent := -8 * float64(i+1) / float64(n)
		if i >= n {
			exponent = -4 * float64(2*(i-n)+1) / float64(n)
		}
		a.Slopes = append(a.Slopes, float32(math.Exp2(exponent)))
	}
	return a
}

// Check returns an error unless there is a slope for each head.
func (a *ALiBi) Check(heads int) error {
	if len(a.Slopes) != heads {
		return bad("Bias", "%d slopes for %d heads", len(a.Slopes), heads)
	}
	return nil
}

// Add lowers the scores of a head by how far the keys are.
func (a *ALiBi) Add(scores []float32, head, query, from int) {
	for i := range scores {
		d := query - from - i
		scores[i] -= float32(a.Slopes[head] * float32(max(d, -d)))
	}
}

package attention

import "math"

// T5Bias adds to a score a learned number of the distance's bucket: half of the
// buckets are single distances, the others grow with the logarithm, and the last
// has all that is MaxDistance or more away.
// Raffel et al., "Exploring the Limits of Transfer Learning with a Unified
// Text-to-Text Transformer", arXiv:1910.10683, §2.1. T5 has no scale: it goes with
// DotProduct.
type T5Bias struct {
	Buckets, MaxDistance int       // 32 and 128 in T5
	Bidirectional        bool      // half of the buckets for keys behind the query, as in encoders; else these count as distance 0
	Table                []float32 // [Buckets, heads]
}

// oneSide returns how many buckets a direction has.
func (b *T5Bias) oneSide() int {
	if b.Bidirectional {
		return b.Buckets / 2
	}
	return b.Buckets
}

// Check returns an error if buckets, distance and table don't fit together.
func (b *T5Bias) Check(heads int) error {
	side := b.oneSide()
	switch {
	case side < 2 || b.Bidirectional && b.Buckets%2 != 0:
		return bad("Bias", "%d buckets", b.Buckets)
	case b.MaxDistance <= side/2:
		return bad("Bias", "a distance of at most %d, where %d have buckets of their own", b.MaxDistance, side/2)
	case len(b.Table)%heads != 0 || len(b.Table)/heads != b.Buckets:
		return bad("Bias", "a table of %d numbers for %d buckets and %d heads", len(b.Table), b.Buckets, heads)
	}
	return nil
}

// Bucket returns the bucket of a key's position less that of the query. The
// logarithm is taken in float32, as the models were trained.
func (b *T5Bias) Bucket(relative int) int {
	side, bucket, distance := b.oneSide(), 0, -relative
	if relative > 0 {
		distance = 0
		if b.Bidirectional {
			bucket, distance = side, relative
		}
	}
	exact := side / 2
	if distance < exact {
		return bucket + distance
	}
	log := float32(math.Log(float64(float32(distance)/float32(exact)))) / float32(math.Log(float64(b.MaxDistance)/float64(exact)))
	return bucket + min(side-1, exact+int(log*float32(side-exact)))
}

// Add adds the buckets' numbers of a head to the scores.
func (b *T5Bias) Add(scores []float32, head, query, from int) {
	heads := len(b.Table) / b.Buckets
	for i := range scores {
		scores[i] += b.Table[b.Bucket(from+i-query)*heads+head]
	}
}

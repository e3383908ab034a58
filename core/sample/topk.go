package sample

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
)

func init() {
	register(stageTopK, func(o *Options) step { return &topK{k: o.TopK} })
}

// topK keeps the k best candidates and puts them in order, which top-p and min-p
// rely on; with k 0 it only puts all in order.
type topK struct {
	k     int
	order sorter
}

// better orders candidates: larger logits first, smaller ids of equals.
func better(a, b Candidate) int {
	switch {
	case a.Logit > b.Logit:
		return -1
	case a.Logit < b.Logit:
		return 1
	}
	return int(a.ID - b.ID)
}

// apply gets the candidates in the order of their ids.
func (t *topK) apply(c []Candidate) []Candidate {
	if t.k > 0 && t.k < min(len(c), radixMin) {
		c = keepBest(c, t.k)
	}
	t.order.sort(c)
	if t.k > 0 {
		c = c[:min(t.k, len(c))]
	}
	return c
}

// keepBest moves the k best to the front, as a heap with the worst of them on
// top, so that n candidates cost about n comparisons. 0 < k <= len(c).
func keepBest(c []Candidate, k int) []Candidate {
	heap := c[:k]
	for i := k/2 - 1; i >= 0; i-- {
		sink(heap, i)
	}
	for i := k; i < len(c); i++ {
		if better(c[i], heap[0]) < 0 {
			heap[0] = c[i]
			sink(heap, 0)
		}
	}
	return heap
}

// sink moves element i down until no child is worse.
func sink(h []Candidate, i int) {
	for {
		worst := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(h) && better(h[child], h[worst]) > 0 {
				worst = child
			}
		}
		if worst == i {
			return
		}
		h[i], h[worst] = h[worst], h[i]
		i = worst
	}
}

// candidates appends to list the logits that top-k may keep, with k 0 all; NaN and
// -Inf never count. maxima is memory, which it returns.
//
// The k-th largest of the maxima of chunks is a bound for the k-th largest logit,
// since k chunks have one at least as large. So of a large vocabulary only a few
// chunks are looked at closely.
func candidates(list []Candidate, maxima, logits []float32, k int) ([]Candidate, []float32) {
	bound, n := float32(-math.MaxFloat32), (len(logits)+kernel.MaxChunk-1)/kernel.MaxChunk
	if cap(maxima) < n {
		maxima = make([]float32, n)
	}
	maxima = maxima[:n]
	kernel.ChunkMax(maxima, logits)
	if k > 0 && k < n {
		for i, m := range maxima {
			list = append(list, Candidate{int32(i), m})
		}
		bound = max(bound, keepBest(list, k)[0].Logit)
		list = list[:0]
	}
	for i, m := range maxima {
		if m < bound {
			continue
		}
		first := i * kernel.MaxChunk
		for j, l := range logits[first:min(first+kernel.MaxChunk, len(logits))] {
			if l >= bound {
				list = append(list, Candidate{int32(first + j), l})
			}
		}
	}
	return list, maxima
}

// Best returns the n best of the logits, best first, fewer if there are not so
// many numbers above -Inf among them.
func Best(logits []float32, n int) []Candidate {
	if n <= 0 {
		return nil
	}
	list, _ := candidates(nil, nil, logits, n)
	return (&topK{k: n}).apply(list)
}

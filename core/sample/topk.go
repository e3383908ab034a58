package sample

import "slices"

func init() {
	register(stageTopK, func(o *Options) step { return &topK{o.TopK} })
}

// topK keeps the k best candidates and puts them in order, which top-p and min-p
// rely on; with k 0 it only puts all in order.
type topK struct{ k int }

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

// apply moves the k best to the front by means of a heap of them, worst on top,
// so that a vocabulary of n costs about n comparisons.
func (t *topK) apply(c []Candidate) []Candidate {
	k := t.k
	if k > 0 && k < len(c) {
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
		c = heap
	}
	slices.SortFunc(c, better)
	return c
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

// Best returns the n best of the logits, best first, fewer if there are not so
// many numbers among them.
func Best(logits []float32, n int) []Candidate {
	list := make([]Candidate, 0, len(logits))
	for id, l := range logits {
		if l == l {
			list = append(list, Candidate{int32(id), l})
		}
	}
	if len(list) == 0 || n <= 0 {
		return nil
	}
	return (&topK{n}).apply(list)
}

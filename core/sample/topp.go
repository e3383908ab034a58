package sample

func init() {
	register(stageTopP, func(o *Options) step {
		if o.TopP == 1 {
			return nil
		}
		return &topP{p: float32(o.TopP)}
	})
}

// topP keeps the fewest best candidates whose probabilities sum to p (nucleus
// sampling). Holtzman et al., arXiv:1904.09751, §3.1.
type topP struct {
	p     float32
	probs []float32
}

func (t *topP) apply(c []Candidate) []Candidate {
	t.probs = probabilities(t.probs, c)
	sum := float32(0)
	for i, p := range t.probs {
		if sum += p; sum >= t.p {
			return c[:i+1]
		}
	}
	return c
}

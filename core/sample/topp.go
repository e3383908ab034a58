package sample

func init() {
	register(stageTopP, func(o *Options) step {
		if o.TopP == 1 {
			return nil
		}
		return &topP{p: o.TopP}
	})
}

// topP keeps the fewest best candidates whose probabilities sum to p (nucleus
// sampling). Holtzman et al., arXiv:1904.09751, §3.1.
type topP struct {
	p     float64
	probs []float32
}

func (t *topP) apply(c []Candidate) []Candidate {
	t.probs = probabilities(t.probs, c)
	most, at := t.p*sum(t.probs), 0.0
	for i, p := range t.probs {
		if at += float64(p); at >= most {
			return c[:i+1]
		}
	}
	return c
}

package sample

func init() {
	register(stageMinP, func(o *Options) step {
		if o.MinP == 0 {
			return nil
		}
		return &minP{p: float32(o.MinP)}
	})
}

// minP keeps candidates with at least p times the probability of the best.
// Nguyen et al., "Min-p Sampling", arXiv:2407.01082, §3.
type minP struct {
	p     float32
	probs []float32
}

func (m *minP) apply(c []Candidate) []Candidate {
	m.probs = probabilities(m.probs, c)
	least := m.probs[0] * m.p
	for i, p := range m.probs {
		if p < least {
			return c[:i]
		}
	}
	return c
}

package sample

// penalties lower the logits of the tokens in a window of the last ones.
//
// Repetition: a positive logit is divided by the penalty, a negative one
// multiplied (Keskar et al., "CTRL", arXiv:1909.05858, §4.1, as implemented by
// the Hugging Face library). Frequency and presence are subtracted, the first for
// each time the token was there (OpenAI's API reference).
type penalties struct {
	repetition, frequency, presence float32

	window []int32 // ring of the last tokens
	at     int     // where the next goes
	count  map[int32]int
}

// newPenalties returns nil if the options leave every logit as it is.
func newPenalties(o *Options) *penalties {
	if o.PenaltyWindow == 0 || o.RepetitionPenalty == 1 && o.FrequencyPenalty == 0 && o.PresencePenalty == 0 {
		return nil
	}
	return &penalties{
		repetition: float32(o.RepetitionPenalty), frequency: float32(o.FrequencyPenalty), presence: float32(o.PresencePenalty),
		window: make([]int32, 0, o.PenaltyWindow), count: map[int32]int{},
	}
}

func (p *penalties) accept(id int32) {
	if len(p.window) < cap(p.window) {
		p.window = append(p.window, id)
	} else {
		old := p.window[p.at]
		if p.count[old]--; p.count[old] == 0 {
			delete(p.count, old)
		}
		p.window[p.at] = id
		p.at = (p.at + 1) % len(p.window)
	}
	p.count[id]++
}

// apply changes the logits of the tokens in the window; the order of a map
// doesn't matter, since each is changed on its own.
func (p *penalties) apply(logits []float32) {
	for id, n := range p.count {
		if int(id) >= len(logits) || id < 0 {
			continue
		}
		l := logits[id]
		if l > 0 {
			l /= p.repetition
		} else {
			l *= p.repetition
		}
		l -= float32(p.frequency * float32(n))
		logits[id] = l - p.presence
	}
}

package sample

// penalties lower the logits of the tokens in a window of the last ones.
//
// Repetition: a positive logit is divided by the penalty, a negative one
// multiplied (Keskar et al., "CTRL", arXiv:1909.05858, §4.1, as implemented by
// the Hugging Face library). Frequency and presence are subtracted, the first for
// each time the token was there (OpenAI's API reference).
type penalties struct {
	repetition, frequency, presence float32

	window []int32 // ring of the last tokens, at most limit
	limit  int
	at     int     // where the next goes
	count  []int32 // by token, zeros between calls of apply
}

// newPenalties returns nil if the options leave every logit as it is.
func newPenalties(o *Options) *penalties {
	if o.PenaltyWindow == 0 || o.RepetitionPenalty == 1 && o.FrequencyPenalty == 0 && o.PresencePenalty == 0 {
		return nil
	}
	return &penalties{
		repetition: float32(o.RepetitionPenalty), frequency: float32(o.FrequencyPenalty), presence: float32(o.PresencePenalty),
		limit: o.PenaltyWindow,
	}
}

func (p *penalties) accept(id int32) {
	if len(p.window) < p.limit {
		p.window = append(p.window, id)
		return
	}
	p.window[p.at] = id
	p.at = (p.at + 1) % len(p.window)
}

// apply changes the logits of the tokens in the window, each once.
func (p *penalties) apply(logits []float32) {
	if len(p.count) < len(logits) {
		p.count = make([]int32, len(logits))
	}
	for _, id := range p.window {
		if id >= 0 && int(id) < len(logits) {
			p.count[id]++
		}
	}
	for _, id := range p.window {
		if id < 0 || int(id) >= len(logits) || p.count[id] == 0 {
			continue // or done
		}
		l := logits[id]
		if l > 0 {
			l /= p.repetition
		} else {
			l *= p.repetition
		}
		l -= float32(p.frequency * float32(p.count[id]))
		logits[id] = l - p.presence
		p.count[id] = 0
	}
}

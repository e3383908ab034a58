package core

import "math/bits"

// maxSpeculate bounds the drafts of a batch. At 64 they take about as long as half
// a chunk of a prompt.
const maxSpeculate = 64

// wager is which part of the work so far may be lost on drafts that fail, all of them
// if need be.
const wager = 0.05

// speculator drafts the tokens that may come next and computes them in one batch
// with the last one. Leviathan et al., "Fast Inference from Transformers via
// Speculative Decoding", arXiv:2211.17192, with the text itself for the smaller
// model (see lookup).
//
// The tokens stay those of single steps at any setting: each row of logits of the
// batch has the bits that a step would give, each token is sampled from its row,
// with the same random numbers and penalties, and the rows after it count only if
// it is what was drafted. That accepts a draft with the probability that the
// paper's rule gives it (§2.3, where the smaller model is certain of its token).
//
// Drafts are made when they are expected to pay, by the cost of a batch and by how
// often matches of such a length have gone on so far.
type speculator struct {
	lookup *lookup
	cost   batchCost
	max    int // drafts in a batch
	going  [numLengths]odds
	credit float64 // steps that may be lost

	batch  []int32   // the last one computed: a token and drafts
	row    int       // its last token that is in the text
	logits []float32 // [len(batch), vocabulary], if there are drafts

	drafted, accepted int
}

// odds count how often matches of some lengths went on.
type odds struct{ hits, trials int }

// numLengths are the classes of lengths: 0–1, 2–3, 4–7, … 64 and more.
const numLengths = 7

func lengthClass(agreed int) int { return min(bits.Len(uint(agreed|1))-1, numLengths-1) }

// newSpeculator returns a speculator for the text of a session, the last tokens of
// which were computed just now.
func newSpeculator(s *Session, computed, most int) *speculator {
	p := &speculator{
		lookup: newLookup(s.cache.Cap() + 1), cost: costOf(s.model), max: most,
		batch: make([]int32, 0, most+1), logits: s.rows,
	}
	for _, id := range s.tokens {
		p.lookup.add(id)
	}
	p.credit = wager * p.cost.many.token * float64(computed)
	return p
}

// observe counts what came of an expected token.
func (p *speculator) observe(agreed int, hit bool) {
	o := &p.going[lengthClass(agreed)]
	o.trials++
	if hit {
		o.hits++
	}
	if o.trials >= 16<<lengthClass(agreed) { // older ones count less
		o.trials /= 2
		o.hits /= 2
	}
}

// chance estimates the probability that a match goes on: before anything is
// counted, m/(m+1) for a length of m.
func (p *speculator) chance(agreed int) float64 {
	c := lengthClass(agreed)
	o, m := p.going[c], 1.5*float64(int(1)<<c)
	return (float64(o.hits) + m) / (float64(o.trials) + m + 1)
}

// length returns how many tokens to draft, at most most: the number that gives
// most tokens for the cost of a batch that the credit covers if none is accepted, 0 if
// steps give more.
func (p *speculator) length(most int) int {
	if p.lookup.source == 0 {
		return 0
	}
	best, rate := 0, 1.0
	all, expected := 1.0, 1.0 // the probability that all drafts are accepted, and the tokens that the batch gives
	for k := 1; k <= most; k++ {
		all *= p.chance(p.lookup.agreed + k - 1)
		expected += all
		cost := p.cost.of(k + 1)
		if r := expected / cost; r > rate && cost-1 <= p.credit {
			best, rate = k, r
		}
	}
	return best
}

// next appends a token that was sampled to the session and returns the logits that
// follow it. room is how many more the batch may compute.
func (p *speculator) next(s *Session, id int32, room int) ([]float32, error) {
	agreed, hit := p.lookup.add(id)
	if agreed > 0 {
		p.observe(agreed, hit)
	}
	p.credit += wager
	vocab := len(s.logits)
	if p.row+1 < len(p.batch) && p.batch[p.row+1] == id {
		p.row++
		p.accepted++
		p.credit++
		s.tokens = append(s.tokens, id)
		return p.logits[p.row*vocab : (p.row+1)*vocab], nil
	}
	s.cache.Truncate(len(s.tokens)) // the drafts that failed
	p.batch, p.row = append(p.batch[:0], id), 0
	if k := p.length(min(p.max, room)); k > 0 {
		p.batch = p.lookup.guess(p.batch, k)
		p.drafted += k
		p.credit -= p.cost.of(k+1) - 1
	}
	n, logits := len(p.batch), s.logits
	if n > 1 {
		if len(p.logits) < n*vocab {
			p.logits = make([]float32, (p.max+1)*vocab)
		}
		logits = p.logits[:n*vocab]
	}
	if err := s.forward(p.batch, logits); err != nil {
		return nil, err
	}
	s.tokens = s.tokens[:len(s.tokens)-n+1]
	return logits[:vocab], nil
}

// end leaves the session as without speculation, but for the memory.
func (p *speculator) end(s *Session) {
	s.cache.Truncate(len(s.tokens))
	s.drafted, s.accepted, s.rows = p.drafted, p.accepted, p.logits
}

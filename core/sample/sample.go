// Package sample chooses the next token from a model's logits.
//
// The candidates go through a chain of steps, each in a file of its own, in this
// order:
//
//	penalties     lower the logits of tokens that were there already
//	top-k         keep the K best
//	temperature   divide the logits by T
//	top-p         keep the best until their probabilities sum to P
//	min-p         keep those with at least P of the best one's probability
//
// and then one is drawn by its probability. Temperature comes before top-p and
// min-p, so that these cut the distribution that is drawn from; that is the order
// of the Hugging Face library. With temperature 0 the best token after the
// penalties is taken (greedy), and nothing is drawn.
//
// All arithmetic is in a fixed order, and the generator is our own: the
// same logits, options and seed give the same tokens everywhere.
package sample

import (
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
)

// Options are the settings of all steps. The JSON names are those of the
// JavaScript API and of error messages.
type Options struct {
	Temperature       float64 `json:"temperature"`       // 0 is greedy; at least 0
	TopK              int     `json:"topK"`              // 0 keeps all
	TopP              float64 `json:"topP"`              // above 0, at most 1, which keeps all
	MinP              float64 `json:"minP"`              // 0 keeps all; at most 1
	RepetitionPenalty float64 `json:"repetitionPenalty"` // 1 is off; above 0
	FrequencyPenalty  float64 `json:"frequencyPenalty"`  // 0 is off; taken off a logit for each time the token was there
	PresencePenalty   float64 `json:"presencePenalty"`   // 0 is off; taken off once
	PenaltyWindow     int     `json:"penaltyWindow"`     // how many of the last tokens the penalties look at; at least 0
	Seed              uint64  `json:"seed"`
}

// Defaults returns the settings for lively text, with the penalties off.
func Defaults() Options {
	return Options{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, RepetitionPenalty: 1, PenaltyWindow: 64}
}

// Validate returns an *errs.OptionError for the first setting out of its range.
func (o *Options) Validate() error {
	for _, c := range []struct {
		name, want string
		value      float64
		ok         bool
	}{
		{"temperature", "at least 0", o.Temperature, o.Temperature >= 0},
		{"topK", "at least 0", float64(o.TopK), o.TopK >= 0},
		{"topP", "above 0 and at most 1", o.TopP, o.TopP > 0 && o.TopP <= 1},
		{"minP", "from 0 to 1", o.MinP, o.MinP >= 0 && o.MinP <= 1},
		{"repetitionPenalty", "above 0", o.RepetitionPenalty, o.RepetitionPenalty > 0},
		{"frequencyPenalty", "a finite number", o.FrequencyPenalty, true},
		{"presencePenalty", "a finite number", o.PresencePenalty, true},
		{"penaltyWindow", "at least 0", float64(o.PenaltyWindow), o.PenaltyWindow >= 0},
	} {
		if !c.ok || math.IsNaN(c.value) || math.IsInf(c.value, 0) {
			return &errs.OptionError{Option: c.name, What: fmt.Sprintf("is %v, must be %s", c.value, c.want)}
		}
	}
	return nil
}

// Candidate is a token that may be chosen.
type Candidate struct {
	ID    int32
	Logit float32
}

// step changes or shortens the list of candidates, at least one of which stays.
type step interface {
	apply(c []Candidate) []Candidate
}

// constructors make the steps that options ask for, nil for one that is off, in
// the order of the chain.
var constructors [numStages]func(o *Options) step

// stage is a step's place in the chain.
type stage int

const (
	stageTopK stage = iota
	stageTemperature
	stageTopP
	stageMinP
	numStages
)

func register(at stage, f func(o *Options) step) { constructors[at] = f }

// Sampler chooses tokens. It belongs to one sequence of tokens.
type Sampler struct {
	greedy    bool
	penalties *penalties // nil when off
	steps     []step
	rand      *Rand
	topK      int
	list      []Candidate
	maxima    []float32 // of chunks of the logits
	probs     []float32
}

// New returns a sampler, or an *errs.OptionError.
func New(o Options) (*Sampler, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s := &Sampler{greedy: o.Temperature == 0, penalties: newPenalties(&o), topK: o.TopK, rand: NewRand(o.Seed)}
	for _, f := range constructors {
		if st := f(&o); st != nil {
			s.steps = append(s.steps, st)
		}
	}
	return s, nil
}

// Accept tells the penalties of a token, of the prompt or chosen.
func (s *Sampler) Accept(id int32) {
	if s.penalties != nil {
		s.penalties.accept(id)
	}
}

// Sample returns the next token. logits [vocabulary] is changed by the
// penalties. A NaN is never chosen, unless there is nothing else; then it is 0.
func (s *Sampler) Sample(logits []float32) int32 {
	if s.penalties != nil {
		s.penalties.apply(logits)
	}
	if s.greedy {
		return int32(kernel.Argmax(logits))
	}
	s.list, s.maxima = candidates(s.list[:0], s.maxima, logits, s.topK)
	if len(s.list) == 0 {
		return 0
	}
	c := s.list
	for _, st := range s.steps {
		c = st.apply(c)
	}
	return s.draw(c)
}

// draw chooses a candidate by its probability.
func (s *Sampler) draw(c []Candidate) int32 {
	s.probs = probabilities(s.probs, c)
	u := float64(s.rand.Float32()) * sum(s.probs)
	at := 0.0
	for i, p := range s.probs {
		if at += float64(p); u < at {
			return c[i].ID
		}
	}
	return c[0].ID // not reached: u is below the sum
}

// sum adds up probabilities, to 1 or nearly so: softmax adds in float32, to which near 1 the
// many small ones at the end of a large vocabulary are nothing.
func sum(probs []float32) float64 {
	total := 0.0
	for _, p := range probs {
		total += float64(p)
	}
	return total
}

// probabilities returns the softmax of the candidates' logits in dst's memory.
func probabilities(dst []float32, c []Candidate) []float32 {
	dst = dst[:0]
	for _, x := range c {
		dst = append(dst, x.Logit)
	}
	if i := kernel.Argmax(dst); math.IsInf(float64(dst[i]), 1) { // infinite logits share all
		for k := range dst {
			if !math.IsInf(float64(dst[k]), 1) {
				dst[k] = float32(math.Inf(-1))
			} else {
				dst[k] = 0
			}
		}
	}
	kernel.Softmax(dst)
	return dst
}

package sample

import (
	"strings"

	"github.com/gander-lm/gander/core/errs"
)

// Stopper looks for stop strings in text that arrives in pieces, and holds back
// what may be the beginning of one.
type Stopper struct {
	stop []string
	held string
}

// NewStopper returns a stopper; an empty string is an *errs.OptionError.
func NewStopper(stop []string) (*Stopper, error) {
	for _, s := range stop {
		if s == "" {
			return nil, &errs.OptionError{Option: "stop", What: "has an empty string"}
		}
	}
	return &Stopper{stop: stop}, nil
}

// Push adds text and returns what is decided: up to a stop string if one is
// complete (the one that begins first), else all that can't belong to one.
func (s *Stopper) Push(text string) (out string, stopped bool) {
	s.held += text
	first := -1
	for _, w := range s.stop {
		if i := strings.Index(s.held, w); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if first >= 0 {
		out, s.held = s.held[:first], ""
		return out, true
	}
	cut := len(s.held)
	for _, w := range s.stop {
		for n := min(len(w)-1, len(s.held)); n > 0; n-- {
			if strings.HasSuffix(s.held, w[:n]) {
				cut = min(cut, len(s.held)-n)
				break
			}
		}
	}
	out, s.held = s.held[:cut], s.held[cut:]
	return out, false
}

// Holds says whether text is held back.
func (s *Stopper) Holds() bool { return s.held != "" }

// Flush returns what is held back.
func (s *Stopper) Flush() string {
	out := s.held
	s.held = ""
	return out
}

package core

import (
	"context"
	"fmt"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
)

// What GenerateOptions.Overflow says.
const (
	OverflowStop  = "stop"  // a full context ends the answer, and a prompt that doesn't fit is refused
	OverflowShift = "shift" // a full context forgets what is oldest
)

// defaultKeep is how many tokens at the beginning stay in a context that forgets.
// Xiao et al., "Efficient Streaming Language Models with Attention Sinks",
// arXiv:2309.17453, table 2: without them a model loses its thread, with four it doesn't.
const defaultKeep = 4

// checkOverflow checks the options that say what happens when the context is full.
func (s *Session) checkOverflow(o *GenerateOptions) error {
	switch o.Overflow {
	case "", OverflowStop:
		return nil
	case OverflowShift:
	default:
		return &errs.OptionError{Option: "overflow", What: fmt.Sprintf("is %q, must be %s or %s", o.Overflow, OverflowStop, OverflowShift)}
	}
	switch {
	case !arch.CanShift(s.model.decoder):
		return &errs.OptionError{Option: "overflow", What: fmt.Sprintf("must be %s with the architecture %s: its positions can't move", OverflowStop, s.model.info.Architecture)}
	case o.Keep < 0:
		return &errs.OptionError{Option: "keep", What: fmt.Sprintf("%d is negative", o.Keep)}
	case s.cache.Discard(o.Keep) < 1:
		return &errs.OptionError{Option: "keep", What: fmt.Sprintf("is %d, too much for a context of %d", o.Keep, s.cache.Cap())}
	case len(s.forgotten) > 0 && o.Keep != s.keep:
		return &errs.OptionError{Option: "keep", What: fmt.Sprintf("is %d, but the session has forgotten what is behind %d", o.Keep, s.keep)}
	}
	return nil
}

// Forgotten returns how many tokens of the text the session has forgotten, with
// OverflowShift. They are behind the first GenerateOptions.Keep of its Tokens.
func (s *Session) Forgotten() int { return len(s.forgotten) }

// text returns all of the text in parts, forgotten tokens included.
func (s *Session) text() [3][]int32 {
	if len(s.forgotten) == 0 {
		return [3][]int32{s.tokens}
	}
	return [3][]int32{s.tokens[:s.keep], s.forgotten, s.tokens[s.keep:]}
}

// Match forgets what is not the beginning of a text, so that the session can go on
// with it, and returns how many tokens of the text it has then, forgotten ones counted;
// never the last, from whose logits the next token comes. A session that
// has forgotten tokens with another keep than that of o begins anew.
func (s *Session) Match(text []int32, o GenerateOptions) int {
	if s.model.config.Source { // an encoder reads it as a whole
		return 0
	}
	if len(s.forgotten) > 0 && (o.Overflow != OverflowShift || o.Keep != s.keep) {
		s.Truncate(0)
	}
	gap := len(s.forgotten)
	at := func(i int) int32 {
		switch {
		case gap == 0 || i < s.keep:
			return s.tokens[i]
		case i < s.keep+gap:
			return s.forgotten[i-s.keep]
		}
		return s.tokens[i-gap]
	}
	n := 0
	for n < min(len(s.tokens)+gap, len(text)-1) && at(n) == text[n] {
		n++
	}
	if gap > 0 && n <= s.keep+gap {
		n = 0 // it parts from the text where that is forgotten
	}
	if n == 0 {
		s.Truncate(0)
		return 0
	}
	s.Truncate(n - gap)
	return n
}

// cut takes what doesn't fit out of the middle of a prompt, for a session that has
// nothing yet, and leaves it as much room as a shift does.
func (s *Session) cut(ids []int32, keep int) []int32 {
	over := len(ids) - s.cache.Cap()
	if over <= 0 {
		return ids
	}
	from, to := keep, keep+over+s.cache.Discard(keep)
	s.keep, s.forgotten = keep, append(s.forgotten[:0], ids[from:to]...)
	return append(append([]int32(nil), ids[:from]...), ids[to:]...)
}

// prefillShifting is prefill for a prompt of any length: each time the context is
// full, what is oldest makes room.
func (s *Session) prefillShifting(ctx context.Context, ids []int32, keep int) ([]float32, error) {
	if len(ids) == 0 {
		return nil, s.check(ids)
	}
	if err := s.model.checkIDs(ids); err != nil {
		return nil, err
	}
	if len(s.tokens)+len(s.last) == 0 {
		return s.prefill(ctx, s.cut(ids, keep))
	}
	for {
		room := s.cache.Cap() - len(s.tokens) - len(s.last)
		if room < 1 {
			if err := s.restore(ctx); err != nil {
				return nil, err
			}
			if len(s.last) > 0 && len(s.tokens) < s.cache.Cap() {
				if err := s.forward(s.last, nil); err != nil {
					return nil, err
				}
				s.last = s.last[:0]
			}
			if err := s.shift(keep); err != nil {
				return nil, err
			}
			continue
		}
		n := min(room, len(ids))
		logits, err := s.prefill(ctx, ids[:n])
		if ids = ids[n:]; err != nil || len(ids) == 0 {
			return logits, err
		}
	}
}

// shift forgets the older half of the tokens behind the first keep. The keys and
// values of the others stay what they are, but for the rotation of the keys, which
// becomes that of their new positions: arXiv:2309.17453, §3.2.
func (s *Session) shift(keep int) error {
	n, m := s.cache.Discard(keep), s.model
	m.computing.Lock()
	defer m.computing.Unlock()
	if err := m.send(request{op: opShift, session: s.id, position: s.cache.Len(), ids: []int32{int32(keep), int32(n)}}); err != nil {
		return err
	}
	arch.Shift(m.decoder, s.cache, keep, n)
	s.keep, s.forgotten = keep, append(s.forgotten, s.tokens[keep:keep+n]...)
	s.tokens = append(s.tokens[:keep], s.tokens[keep+n:]...)
	if err := m.group.Err(); err != nil {
		return &WorkerError{err}
	}
	return nil
}

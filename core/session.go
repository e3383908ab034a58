package core

import (
	"context"
	"fmt"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
)

// prefillChunk is how many tokens of a prompt go through the layers together;
// between chunks a caller can abort.
const prefillChunk = 128

// Session is a text in the making: the tokens so far with their keys and values.
// It must not be used by two goroutines at a time.
type Session struct {
	model  *Model
	id     int32 // by which the other workers know it
	cache  *kvcache.Cache
	nn     *nn.Context
	tokens []int32
	logits []float32 // [vocabulary], after the last token
	last   []int32   // the last token of an answer, which no token has followed yet: none or one
	finish string

	keep      int        // with OverflowShift: how many tokens at the beginning stay
	forgotten []int32    // tokens of the text behind those, which are no more among tokens
	batch     arch.Batch // of the call at hand; here so that a token allocates nothing

	drafted, accepted int       // by the last Generate
	rows              []float32 // logits of a batch with drafts; empty until there are some

	trace     *tracer    // of the Generate at hand; nil: nothing is traced
	ablated   []Ablation // with which the keys and values were computed
	following bool       // whether the other workers trace the session
}

// Len returns the number of tokens whose keys and values the session holds. The
// last token of an answer joins them with the next prompt.
func (s *Session) Len() int { return len(s.tokens) } // within Generate, the cache may be ahead: see speculator

// Tokens returns the Len tokens that the session holds. It is not a copy.
func (s *Session) Tokens() []int32 { return s.tokens }

// Truncate forgets all tokens from n on. It panics if there are not so many. Where
// the model has sliding windows and more than kvcache.Margin tokens go, keys and
// values may have to be computed again, which the next Generate does; and where layers
// have a state in their place (qwen35), always.
func (s *Session) Truncate(n int) {
	if n < 0 || n > len(s.tokens) {
		panic(fmt.Sprintf("core: truncate a session of %d tokens to %d", len(s.tokens), n))
	}
	s.cache.Truncate(min(n, s.cache.Len()))
	if n <= s.keep {
		s.forgotten = s.forgotten[:0]
	}
	s.tokens, s.last = s.tokens[:n], s.last[:0]
}

// FinishReason says why the last Generate ended: "length" (MaxTokens, or the
// context is full), "stop" (a stop string), "eos" (the model has finished), or ""
// if it was broken off.
func (s *Session) FinishReason() string { return s.finish }

// Drafts returns how many tokens the last Generate drafted, and how many of them
// were those that it then wrote; both are 0 without GenerateOptions.Speculate.
func (s *Session) Drafts() (drafted, accepted int) { return s.drafted, s.accepted }

// check tells whether ids can be appended.
func (s *Session) check(ids []int32) error {
	if len(ids) == 0 {
		return &errs.OptionError{Option: "prompt", What: "has no tokens"}
	}
	if need := s.Len() + len(s.last) + len(ids); need > s.cache.Cap() {
		return &ContextFullError{Need: need, Have: s.cache.Cap()}
	}
	return s.model.checkIDs(ids)
}

// prefill appends ids, behind the token that waits, and returns the logits after the
// last one, valid until the next call. Nothing changes if it returns an error before the
// first chunk.
func (s *Session) prefill(ctx context.Context, ids []int32) ([]float32, error) {
	if err := s.check(ids); err != nil {
		return nil, err
	}
	if err := s.restore(ctx); err != nil {
		return nil, err
	}
	if len(s.last) > 0 {
		ids = append(append([]int32(nil), s.last...), ids...)
	}
	for len(ids) > 0 {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		n := min(len(ids), prefillChunk)
		out := s.logits[:0]
		if n == len(ids) {
			out = s.logits
		}
		if err := s.forward(ids[:n], out); err != nil {
			return nil, err
		}
		s.last = s.last[:0]
		ids = ids[n:]
	}
	return s.logits, nil
}

// restore computes the keys and values of the session's tokens that its cache has
// given up.
func (s *Session) restore(ctx context.Context) error {
	for s.cache.Len() < len(s.tokens) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n := min(prefillChunk, len(s.tokens)-s.cache.Len())
		if err := s.run(s.tokens[s.cache.Len():][:n], nil); err != nil {
			return err
		}
	}
	return nil
}

// forward appends ids, which fit, and fills a row of logits for each of the last.
// Its error says that the group broke, and then nothing is appended.
func (s *Session) forward(ids []int32, logits []float32) error {
	if err := s.run(ids, logits); err != nil {
		return err
	}
	s.tokens = append(s.tokens, ids...)
	return nil
}

// run is forward for the cache, of all workers.
func (s *Session) run(ids []int32, logits []float32) error {
	m := s.model
	m.computing.Lock()
	defer m.computing.Unlock()
	if err := m.send(request{op: opForward, session: s.id, position: s.cache.Len(), rows: len(logits) / m.config.VocabSize, ids: ids}); err != nil {
		return err
	}
	s.compute(ids, logits)
	if err := m.group.Err(); err != nil {
		return workerError(err)
	}
	return nil
}

// runHidden is run for hidden states [tokens, hidden] in place of logits; with an encoder and a decoder
// it is the encoder's run.
func (s *Session) runHidden(ids []int32, hidden []float32) error {
	m := s.model
	m.computing.Lock()
	defer m.computing.Unlock()
	if err := m.send(request{op: opHidden, session: s.id, position: s.cache.Len(), ids: ids}); err != nil {
		return err
	}
	s.computeHidden(ids, hidden)
	if err := m.group.Err(); err != nil {
		return &WorkerError{err}
	}
	return nil
}

// computeHidden is this worker's part of runHidden.
func (s *Session) computeHidden(ids []int32, hidden []float32) {
	s.batch = arch.Batch{IDs: ids, Cache: s.cache, Context: s.nn, Hidden: hidden, Images: s.model.vision.rows}
	if d, ok := s.model.decoder.(arch.EncoderDecoder); ok {
		d.Encode(&s.batch)
		return
	}
	s.model.decoder.Forward(&s.batch)
}

// compute is this worker's part of forward.
func (s *Session) compute(ids []int32, logits []float32) {
	s.batch = arch.Batch{IDs: ids, Cache: s.cache, Context: s.nn, Logits: logits, Images: s.model.vision.rows}
	if s.trace != nil {
		s.trace.begin(&s.batch)
	}
	s.model.decoder.Forward(&s.batch)
	if s.trace != nil {
		s.trace.end()
	}
}

// String describes the session for a debugger.
func (s *Session) String() string {
	return fmt.Sprintf("session of %s with %d of %d positions", s.model.info.Architecture, s.Len(), s.cache.Cap())
}

package core

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/profile"
	"github.com/gander-lm/gander/core/sample"
	"github.com/gander-lm/gander/core/tokenizer"
)

// maxLogprobs bounds how many alternatives a token may report.
const maxLogprobs = 1000

// GenerateOptions says how to write: how tokens are chosen and when to end.
type GenerateOptions struct {
	sample.Options

	MaxTokens int      `json:"maxTokens"` // 0: until the context is full, with OverflowShift without end
	Stop      []string `json:"stop"`      // texts that end the answer; they are not part of it
	IgnoreEOS bool     `json:"ignoreEOS"` // take end-of-text tokens for ordinary ones
	Logprobs  int      `json:"logprobs"`  // how many of the best tokens to report with each; 0 reports nothing

	// Overflow says what happens when the context is full: OverflowStop (also if empty)
	// or OverflowShift, with which text has no end. Then the first Keep tokens stay
	// (4 in DefaultGenerateOptions), and of those behind them the older half is
	// forgotten; of a prompt that is too long for a new session, the middle. See
	// docs/streaming.md.
	Overflow string `json:"overflow"`
	Keep     int    `json:"keep"`

	// Speculate is how many tokens may be drafted from the text so far and computed
	// together with the last one, at most 64; 0 drafts none. The tokens stay the same;
	// they come faster where the text repeats itself (docs/speculation.md). A session
	// that has drafted keeps 4 bytes a draft for each token of the vocabulary. Models
	// whose state can't go back (qwen35) can't take drafts: an *errs.OptionError.
	Speculate int `json:"speculate"`

	// DecoderTokens is what the answer of a model with an encoder and a decoder begins with, its
	// first token included; empty: just that. The prompt is then what the encoder reads.
	DecoderTokens []int32 `json:"decoderTokens"`

	TraceOptions
}

// DefaultGenerateOptions returns sample.Defaults and no limits but the context.
func DefaultGenerateOptions() GenerateOptions {
	return GenerateOptions{Options: sample.Defaults(), Overflow: OverflowStop, Keep: defaultKeep}
}

// Token is one token of an answer.
type Token struct {
	ID      int32       `json:"id"`
	Text    string      `json:"text"`              // may be empty: see Generate
	Logprob float32     `json:"logprob,omitempty"` // natural logarithm of its probability at temperature 1, with Logprobs
	Top     []Candidate `json:"top,omitempty"`     // the best tokens, best first, with Logprobs

	Trace // with TraceOptions
}

// Candidate is a token that could have been chosen.
type Candidate struct {
	ID      int32   `json:"id"`
	Logprob float32 `json:"logprob"`
	Text    string  `json:"text"` // as the vocabulary writes it
}

// Generate appends the prompt to the session and then yields the tokens that the
// model writes after it. With an encoder and a decoder, the encoder reads the prompt in
// place of what it has read before, and the session's text begins anew.
//
// The texts of all tokens, joined, are the answer. A token whose text is not
// decided yet (its bytes are the beginning of a character, or it may begin a stop
// string) is yielded when it is; what it held back is then in the text of the
// token that decided it. The token that ends the text (EOS) is not yielded.
//
// An error ends the sequence: *errs.OptionError, *ContextFullError and
// *TokenError before anything is computed, or ctx's cause. The session then
// holds what had been computed. FinishReason says why a sequence without an error
// ended.
func (s *Session) Generate(ctx context.Context, prompt []int32, o GenerateOptions) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		s.finish, s.drafted, s.accepted = "", 0, 0
		g, err := s.newGeneration(o)
		if err == nil {
			err = s.generate(ctx, prompt, g, func(t Token) bool {
				before := profile.Enter(profile.Caller)
				more := yield(t, nil)
				profile.Leave(before)
				return more
			})
		}
		if err != nil {
			yield(Token{}, err)
		}
	}
}

// generation is the state of one call of Generate.
type generation struct {
	o       GenerateOptions
	sampler *sample.Sampler
	stream  *tokenizer.Stream
	stopper *sample.Stopper
	queue   []Token     // sampled, text not decided
	ahead   *speculator // nil without speculation
	trace   tracePlan
	decoder []int32 // the beginning of the decoder's text, of a model with an encoder
	source  []int32 // what that reads
}

func (s *Session) newGeneration(o GenerateOptions) (*generation, error) {
	if o.MaxTokens < 0 {
		return nil, &errs.OptionError{Option: "maxTokens", What: fmt.Sprintf("%d is negative", o.MaxTokens)}
	}
	if o.Logprobs < 0 || o.Logprobs > maxLogprobs {
		return nil, &errs.OptionError{Option: "logprobs", What: fmt.Sprintf("is %d, must be from 0 to %d", o.Logprobs, maxLogprobs)}
	}
	if o.Speculate < 0 || o.Speculate > maxSpeculate {
		return nil, &errs.OptionError{Option: "speculate", What: fmt.Sprintf("is %d, must be from 0 to %d", o.Speculate, maxSpeculate)}
	}
	if o.Speculate > 0 && !s.cache.Rewinds() {
		return nil, &errs.OptionError{Option: "speculate", What: fmt.Sprintf("must be 0 with the architecture %s: its state can't take drafts back", s.model.info.Architecture)}
	}
	trace, err := o.TraceOptions.plan(s.model.config, s.cache.Cap())
	if err != nil {
		return nil, err
	}
	if o.Speculate > 0 && trace.reports() {
		return nil, &errs.OptionError{Option: "speculate", What: "must be 0 with attention, lens, residual and attribution: drafts share a batch with the token that is traced"}
	}
	if err := s.checkOverflow(&o); err != nil {
		return nil, err
	}
	if o.Overflow == OverflowShift && trace.active() {
		return nil, &errs.OptionError{Option: "overflow", What: "must be stop with attention, lens, residual, attribution and ablate: positions that are traced stay"}
	}
	decoder, err := s.model.decoderText(o.DecoderTokens)
	if err != nil {
		return nil, err
	}
	sampler, err := sample.New(o.Options)
	if err != nil {
		return nil, err
	}
	stopper, err := sample.NewStopper(o.Stop)
	if err != nil {
		return nil, err
	}
	stream := s.model.tokenizer.NewStream()
	if len(decoder) > 0 && !slices.ContainsFunc(decoder, func(id int32) bool { return !s.model.tokenizer.IsSpecial(id) }) {
		stream = s.model.tokenizer.NewTextStream() // nothing is before the answer
	}
	return &generation{o: o, sampler: sampler, stream: stream, stopper: stopper, trace: trace, decoder: decoder}, nil
}

// generate is the loop of Generate; it ends without an error when yield says no.
func (s *Session) generate(ctx context.Context, prompt []int32, g *generation, yield func(Token) bool) error {
	if len(g.decoder) > 0 {
		for _, ids := range [][]int32{prompt, g.decoder} {
			if err := s.checkLength(ids); err != nil {
				return err
			}
		}
		s.Truncate(0)
		prompt, g.source, g.trace.source = g.decoder, prompt, len(prompt)
	}
	if g.trace.active() || s.following || len(s.ablated) > 0 {
		if g.o.Overflow != OverflowShift {
			if err := s.check(prompt); err != nil {
				return err
			}
		}
		if err := s.startTrace(g.trace, prompt, g.o.MaxTokens); err != nil {
			return err
		}
		defer func() { s.trace = nil }()
	}
	if len(g.source) > 0 {
		if err := s.encode(ctx, g.source); err != nil {
			return err
		}
	}
	logits, err := g.begin(ctx, s, prompt)
	if err != nil {
		return err
	}
	for _, part := range s.text() {
		for _, id := range part {
			if int(id) < s.model.config.VocabSize { // no part of a picture
				g.sampler.Accept(id)
			}
		}
	}
	if g.o.Speculate > 0 {
		g.ahead = newSpeculator(s, len(prompt), g.o.Speculate)
		defer g.ahead.end(s)
	}
	for n := 1; ; n++ {
		t, end := g.next(s.model.tokenizer, logits)
		if end {
			s.finish = "eos"
			g.flush(yield)
			return nil
		}
		if s.trace != nil {
			if err := s.attach(&t); err != nil {
				return err
			}
		}
		s.last = append(s.last[:0], t.ID)
		stopped := g.push(t)
		if stopped {
			s.finish = "stop"
			g.drain(yield)
			return nil
		}
		if n == g.o.MaxTokens || s.Len() == s.cache.Cap() && g.o.Overflow != OverflowShift {
			s.finish = "length"
			g.flush(yield)
			return nil
		}
		if !g.stream.Holds() && !g.stopper.Holds() {
			if !g.drain(yield) {
				return nil
			}
			if s.trace != nil {
				s.trace.reclaim(t.Attention)
			}
		}
		before := profile.Enter(profile.Caller) // whose context may do more than look
		err := context.Cause(ctx)
		profile.Leave(before)
		if err != nil {
			return err
		}
		if s.Len() == s.cache.Cap() {
			if err := s.shift(g.o.Keep); err != nil {
				return err
			}
		}
		if g.ahead == nil {
			err = s.forward(s.last, s.logits)
			logits = s.logits
		} else {
			logits, err = g.ahead.next(s, t.ID, g.room(s, n))
		}
		if err != nil {
			return err
		}
		s.last = s.last[:0]
	}
}

// begin computes the prompt.
func (g *generation) begin(ctx context.Context, s *Session, prompt []int32) ([]float32, error) {
	if g.o.Overflow == OverflowShift {
		return s.prefillShifting(ctx, prompt, g.o.Keep)
	}
	return s.prefill(ctx, prompt)
}

// room returns how many tokens a batch may compute beside the nth.
func (g *generation) room(s *Session, n int) int {
	room := s.cache.Cap() - s.Len() - 1
	if g.o.MaxTokens > 0 {
		room = min(room, g.o.MaxTokens-n-1)
	}
	return room
}

// next chooses a token; end says that it ends the text.
func (g *generation) next(tok *tokenizer.Tokenizer, logits []float32) (t Token, end bool) {
	var top []Candidate
	var logSum float32
	if g.o.Logprobs > 0 {
		top, logSum = logprobs(tok, logits, g.o.Logprobs)
	}
	before := logits
	if g.o.Logprobs > 0 { // the sampler's penalties change the logits
		before = append([]float32(nil), logits...)
	}
	part := profile.Enter(profile.Sampling)
	t.ID = g.sampler.Sample(logits)
	profile.Leave(part)
	if g.o.Logprobs > 0 {
		t.Top, t.Logprob = top, before[t.ID]-logSum
	}
	if tok.IsEndOfGeneration(t.ID) && !g.o.IgnoreEOS {
		return t, true
	}
	g.sampler.Accept(t.ID)
	return t, false
}

// push queues a token with the text that it decides.
func (g *generation) push(t Token) (stopped bool) {
	before := profile.Enter(profile.Text)
	t.Text, stopped = g.stopper.Push(g.stream.Push(t.ID))
	profile.Leave(before)
	g.queue = append(g.queue, t)
	return stopped
}

// drain yields the queue.
func (g *generation) drain(yield func(Token) bool) bool {
	for _, t := range g.queue {
		if !yield(t) {
			return false
		}
	}
	g.queue = g.queue[:0]
	return true
}

// flush yields the queue at the end of an answer, with all text that was held.
func (g *generation) flush(yield func(Token) bool) {
	if n := len(g.queue); n > 0 {
		out, stopped := g.stopper.Push(g.stream.Flush())
		if !stopped {
			out += g.stopper.Flush()
		}
		g.queue[n-1].Text += out
	}
	g.drain(yield)
}

// logprobs returns the n best tokens and the logarithm of the softmax's sum:
// ln p = logit - that.
func logprobs(tok *tokenizer.Tokenizer, logits []float32, n int) ([]Candidate, float32) {
	best := logits[kernel.Argmax(logits)]
	sum := 0.0
	for _, l := range logits {
		if l == l {
			sum += float64(kernel.Exp(l - best))
		}
	}
	logSum := best + float32(math.Log(sum))
	top := make([]Candidate, 0, n)
	for _, c := range sample.Best(logits, n) {
		top = append(top, Candidate{ID: c.ID, Logprob: c.Logit - logSum, Text: tok.Piece(c.ID)})
	}
	return top, logSum
}

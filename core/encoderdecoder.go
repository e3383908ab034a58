package core

import (
	"context"
	"fmt"

	"github.com/gander-lm/gander/core/errs"
)

// A model with an encoder and a decoder (Info.EncoderDecoder) reads a source text as a whole, and
// writes another that begins with a token of its own. Generate and Logits take the source as
// the prompt.

// decoderText returns the tokens that the decoder's text begins with, which an option may give.
func (m *Model) decoderText(given []int32) ([]int32, error) {
	switch {
	case !m.config.Source && len(given) > 0:
		return nil, &errs.OptionError{Option: "decoderTokens", What: fmt.Sprintf("must be empty with the architecture %s, which has no encoder", m.info.Architecture)}
	case len(given) > 0:
		return given, m.checkIDs(given)
	case m.config.Source:
		return []int32{m.config.Start}, nil
	}
	return nil, nil
}

// checkLength tells whether the encoder can read a text, or the decoder's can begin with it.
func (s *Session) checkLength(ids []int32) error {
	if len(ids) == 0 {
		return &errs.OptionError{Option: "prompt", What: "has no tokens"}
	}
	if need := len(ids); need > s.cache.Cap() {
		return &ContextFullError{Need: need, Have: s.cache.Cap()}
	}
	return s.model.checkIDs(ids)
}

// encode has the encoder read a text, of which the decoder's own begins anew.
func (s *Session) encode(ctx context.Context, ids []int32) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	s.Truncate(0)
	return s.runHidden(ids, make([]float32, len(ids)*s.model.config.HiddenSize))
}

// DecoderLogits returns the logits after each token of the decoder's text, one row a token, when
// the encoder has read the source. An empty text is the token that it begins with.
//
// Errors: *errs.OptionError also for a model without an encoder.
func (m *Model) DecoderLogits(ctx context.Context, source, text []int32) ([][]float32, error) {
	if !m.config.Source {
		return nil, &errs.OptionError{Option: "decoderTokens", What: fmt.Sprintf("needs a model with an encoder and a decoder, and %s is none", m.info.Architecture)}
	}
	text, err := m.decoderText(text)
	if err != nil {
		return nil, err
	}
	s, err := m.NewSession()
	if err != nil {
		return nil, err
	}
	if err := s.checkLength(source); err != nil {
		return nil, err
	}
	if err := s.check(text); err != nil {
		return nil, err
	}
	if err := s.encode(ctx, source); err != nil {
		return nil, err
	}
	return s.allLogits(ctx, text)
}

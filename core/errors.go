package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/gander-lm/gander/core/chat"
	"github.com/gander-lm/gander/core/errs"
)

// ContextFullError says that a prompt needs more positions than the context has.
type ContextFullError struct {
	Need, Have int // in tokens
}

// Error returns both numbers.
func (e *ContextFullError) Error() string {
	return fmt.Sprintf("core: the prompt needs %d positions, the context has %d", e.Need, e.Have)
}

// TokenError says that a token id is not in the vocabulary.
type TokenError struct {
	ID        int32
	VocabSize int
}

// Error returns the id and the size of the vocabulary.
func (e *TokenError) Error() string {
	return fmt.Sprintf("core: token id %d is not in the vocabulary of %d", e.ID, e.VocabSize)
}

// MemoryError says that a model needs more memory than it may have.
type MemoryError struct {
	Need  Memory
	Limit int64 // bytes
}

// Error returns the numbers, in megabytes.
func (e *MemoryError) Error() string {
	mb := func(n int64) int64 { return (n + 1e6 - 1) / 1e6 }
	return fmt.Sprintf("core: the model needs %d MB (weights %d, keys and values %d, activations %d), more than the limit of %d MB",
		mb(e.Need.Total), mb(e.Need.Weights), mb(e.Need.KV), mb(e.Need.Activations), e.Limit/1e6)
}

// Code returns a short name for the kind of an error, for programs to switch on:
//
//	bad_file      the model file is broken
//	unsupported   the file is valid, but needs something that Gander has not
//	context_full  the prompt is longer than the context
//	bad_option    an option is unknown or out of range
//	bad_token     a token id is not in the vocabulary
//	template      the chat template is broken, refuses the conversation, or goes over a limit
//	aborted       the caller's context ended
//	memory        the model needs more memory than Options.MemoryLimit
//	worker        one of several workers died or doesn't answer
//	io            the file could not be read
//	internal      anything else: a mistake in Gander
func Code(err error) string {
	var (
		format      *errs.FormatError
		unsupported *errs.UnsupportedError
		option      *errs.OptionError
		full        *ContextFullError
		token       *TokenError
		template    *chat.TemplateError
		read        *ReadError
		memory      *MemoryError
		worker      *WorkerError
	)
	switch {
	case errors.As(err, &read):
		return "io"
	case errors.As(err, &format):
		return "bad_file"
	case errors.As(err, &unsupported):
		return "unsupported"
	case errors.As(err, &worker):
		return "worker"
	case errors.As(err, &memory):
		return "memory"
	case errors.As(err, &full):
		return "context_full"
	case errors.As(err, &option):
		return "bad_option"
	case errors.As(err, &token):
		return "bad_token"
	case errors.As(err, &template):
		return "template"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "aborted"
	}
	return "internal"
}

// ReadError says that the model file could not be read; Err is the reader's own error.
type ReadError struct {
	Err error
}

// Error returns the reader's error.
func (e *ReadError) Error() string { return "reading the model: " + e.Err.Error() }

// Unwrap returns the reader's error.
func (e *ReadError) Unwrap() error { return e.Err }

// Package folder finds out what kind of model a folder holds and turns it into GGUF.
// Each kind has a file of its own that registers it.
package folder

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/hf"
	"github.com/gander-lm/gander/core/tokenizer"
)

// Model is a model of several files, as GGUF.
type Model struct {
	// File has the keys of the architecture and the tensors, which can be read in any
	// order.
	File *gguf.Writer

	// Tokenizer returns the tokenizer as the folder's own files describe it; it is nil
	// where the keys of File do.
	Tokenizer func() (*tokenizer.Tokenizer, error)

	hf    *hf.Model // nil for other kinds
	close func() error
}

// AddVocabulary sets the keys of the tokenizer in File where they are not set
// already, so that it can be used without the folder. A tokenizer that GGUF has no
// form for is an *errs.UnsupportedError. (It is a method and no field so that the
// engine in the browser, which never asks, need not have it.)
func (m *Model) AddVocabulary() error {
	if m.hf == nil {
		return nil
	}
	return m.hf.AddVocabulary()
}

// Close closes the folder's files. No tensor can be read after it.
func (m *Model) Close() error { return m.close() }

// kind is one way in which a model can lie in a folder.
type kind struct {
	what string // the files that it is known by, for an error
	is   func(fsys fs.FS) bool
	open func(fsys fs.FS) (*Model, error)
}

var kinds []kind

// Open opens the model in a folder: a Hugging Face folder with config.json and
// safetensors, or a llama2.c model with its tokenizer. The files of fsys must be
// io.ReaderAts, as those of os.DirFS are. Close the model after use.
//
// A folder that contradicts itself is an *errs.FormatError, what is not supported
// an *errs.UnsupportedError.
func Open(fsys fs.FS) (*Model, error) {
	var known []string
	for _, k := range kinds {
		if k.is(fsys) {
			return k.open(fsys)
		}
		known = append(known, k.what)
	}
	return nil, fmt.Errorf("folder: %w", &errs.FormatError{Offset: -1, What: "this folder holds no model that is known: neither " + strings.Join(known, " nor ")})
}

// Architecture returns what a folder whose kind is known names as its architecture,
// also where Open refuses it; empty if it names none.
func Architecture(fsys fs.FS) string {
	name, _ := hf.Architecture(fsys)
	return name
}

// has says whether a folder has a file.
func has(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

// Package tokenizer turns text into token ids and back, by the vocabulary of a
// model: in a GGUF file (New), a tokenizer.json of Hugging Face (FromJSON) or a
// SentencePiece model (FromSentencePiece). The kinds of tokenizer.ggml.model have
// a file each: spm.go ("llama"), bpe.go ("gpt2"), wordpiece.go ("bert"),
// unigram.go ("t5") and raw_bpe.go ("gemma4").
//
// Keys and rules of GGUF are those of llama.cpp (src/llama-vocab.cpp), whose
// published test vectors the tests run.
package tokenizer

import (
	"fmt"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
)

// coder is what a kind of tokenizer adds to a vocabulary.
type coder interface {
	// encode appends the ids of a text without special tokens.
	encode(ids []int32, text string, at place) ([]int32, error)
	// bytes returns the bytes that an ordinary token stands for.
	bytes(id int32) string
	// finish undoes what the tokenizer itself has added to a whole text.
	finish(text string) string
}

// place says where a stretch of text that is encoded comes from.
type place struct {
	first bool // it is the beginning: no special token is before it
	parse bool // take the text of a control token for the token
}

// kinds maps tokenizer.ggml.model to its constructor.
var kinds = map[string]func(*vocab, *gguf.File) (coder, error){}

func register(kind string, f func(*vocab, *gguf.File) (coder, error)) { kinds[kind] = f }

// Tokenizer encodes and decodes text. It doesn't change after New and may be
// used by several goroutines.
type Tokenizer struct {
	*vocab
	coder coder
	kind  string
}

// New makes the tokenizer that a model file describes. A vocabulary that
// contradicts itself is an *errs.FormatError, a kind or pre-tokenizer that is not
// known an *errs.UnsupportedError.
func New(f *gguf.File) (*Tokenizer, error) {
	kind, ok := f.String("tokenizer.ggml.model")
	if !ok {
		return nil, fmt.Errorf("tokenizer: %w", &errs.FormatError{Offset: -1, What: `metadata key "tokenizer.ggml.model" is missing`})
	}
	construct, ok := kinds[kind]
	if !ok {
		return nil, fmt.Errorf("tokenizer: %w", unsupported("tokenizer.ggml.model", kind, keys(kinds)))
	}
	v, err := readVocab(f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	c, err := construct(v, f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	v.finish()
	return &Tokenizer{v, c, kind}, nil
}

// Kind returns tokenizer.ggml.model ("llama", "gpt2", ...), or what the other
// files call it ("BPE", "Unigram", "WordPiece").
func (t *Tokenizer) Kind() string { return t.kind }

// EncodeOptions say what Encode does with special tokens.
type EncodeOptions struct {
	AddSpecial   bool // add BOS and EOS where the model wants them
	ParseSpecial bool // take the text of a control token for the token
}

// Encode returns the ids of a text. Bytes that are not UTF-8 are encoded as they
// are where the vocabulary has a token for each byte. An error says that the
// vocabulary has no token for a part of the text.
func (t *Tokenizer) Encode(text string, o EncodeOptions) ([]int32, error) {
	ids := make([]int32, 0, len(text)/4+8)
	if o.AddSpecial {
		ids = append(ids, t.before...)
	}
	var err error
	for i, p := range t.specials.partition(text, o.ParseSpecial) {
		if p.id >= 0 {
			ids = append(ids, p.id)
			continue
		}
		if ids, err = t.coder.encode(ids, p.text, place{first: i == 0, parse: o.ParseSpecial}); err != nil {
			return nil, fmt.Errorf("tokenizer: %w", err)
		}
	}
	if o.AddSpecial {
		ids = append(ids, t.after...)
	}
	return ids, nil
}

// Decode returns the text of ids, special tokens included, as llama.cpp's
// detokenize does: it is a text of its own, without the space that a "llama"
// vocabulary puts first, and with the spaces before signs taken out where the
// model's own tokenizer does so. It may hold bytes that are not UTF-8.
// An id outside of the vocabulary is an error.
func (t *Tokenizer) Decode(ids []int32) (string, error) {
	var b strings.Builder
	for _, id := range ids {
		if id < 0 || int(id) >= len(t.tokens) {
			return "", &errs.OptionError{Option: "tokens", What: fmt.Sprintf("id %d is not in the vocabulary of %d", id, len(t.tokens))}
		}
		b.WriteString(t.text(id))
	}
	return t.coder.finish(b.String()), nil
}

// text returns the bytes of one token; special tokens are their own text, and
// unused ones have none.
func (t *Tokenizer) text(id int32) string {
	switch t.types[id] {
	case typeUnused:
		return ""
	case typeControl, typeUserDefined, typeUnknown:
		if !t.decodeAll {
			return t.tokens[id]
		}
	}
	return t.coder.bytes(id)
}

// NewStream returns a Stream for the text of tokens that follow a prompt.
func (t *Tokenizer) NewStream() *Stream { return &Stream{t: t} }

// NewTextStream returns a Stream for the tokens of a text of its own: without the space
// that Decode leaves out at the beginning.
func (t *Tokenizer) NewTextStream() *Stream { return &Stream{t: t, begin: true} }

// Package tokenizer turns text into token ids and back, by the vocabulary in a
// model file. The kinds of tokenizer.ggml.model have a file each: spm.go
// ("llama", SentencePiece BPE) and bpe.go ("gpt2", byte-level BPE).
//
// Keys and rules are those of llama.cpp (src/llama-vocab.cpp), whose published
// test vectors the tests run.
package tokenizer

import (
	"fmt"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
)

// coder is what a kind of tokenizer adds to a vocabulary.
type coder interface {
	// encode appends the ids of a text without special tokens. start says that
	// the text is the beginning, or follows a special token.
	encode(ids []int32, text string, start bool) ([]int32, error)
	// bytes returns the bytes that an ordinary token stands for.
	bytes(id int32) string
	// finish undoes what the tokenizer itself has added to a whole text.
	finish(text string) string
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
		known := make([]string, 0, len(kinds))
		for k := range kinds {
			known = append(known, k)
		}
		sort.Strings(known)
		return nil, fmt.Errorf("tokenizer: %w", &errs.UnsupportedError{What: fmt.Sprintf("tokenizer.ggml.model %q (supported are %s)", kind, strings.Join(known, ", "))})
	}
	v, err := readVocab(f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	c, err := construct(v, f)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return &Tokenizer{v, c, kind}, nil
}

// Kind returns tokenizer.ggml.model: "llama", "gpt2", ...
func (t *Tokenizer) Kind() string { return t.kind }

// EncodeOptions say what Encode does with special tokens.
type EncodeOptions struct {
	AddSpecial   bool // add BOS and EOS where the model wants them
	ParseSpecial bool // take the text of a control token for the token
}

// Encode returns the ids of a text. Bytes that are not UTF-8 are encoded as they
// are where the vocabulary has a token for each byte.
func (t *Tokenizer) Encode(text string, o EncodeOptions) ([]int32, error) {
	ids := []int32{}
	if o.AddSpecial && t.addBOS {
		ids = append(ids, t.bos)
	}
	var err error
	start := true
	for _, p := range t.partition(text, o.ParseSpecial) {
		if p.id >= 0 {
			ids, start = append(ids, p.id), true
			continue
		}
		if ids, err = t.coder.encode(ids, p.text, start); err != nil {
			return nil, fmt.Errorf("tokenizer: %w", err)
		}
		start = false
	}
	if o.AddSpecial && t.addEOS {
		ids = append(ids, t.eos)
	}
	return ids, nil
}

// piece is a stretch of text, or the special token in its place.
type piece struct {
	text string
	id   int32 // -1 for text
}

// partition cuts the text at special tokens, longer ones first. Tokens that the
// model's makers defined (type user-defined) count always, control tokens only
// when they are to be parsed.
func (t *Tokenizer) partition(text string, parse bool) []piece {
	pieces := []piece{}
	if text != "" {
		pieces = append(pieces, piece{text, -1})
	}
	for _, id := range t.special {
		if !parse && t.types[id] != typeUserDefined {
			continue
		}
		word := t.tokens[id]
		if !strings.Contains(text, word) {
			continue
		}
		var next []piece
		for _, p := range pieces {
			for p.id < 0 {
				before, after, found := strings.Cut(p.text, word)
				if before != "" {
					next = append(next, piece{before, -1})
				}
				if !found {
					break
				}
				next = append(next, piece{word, id})
				p.text = after
			}
			if p.id >= 0 {
				next = append(next, p)
			}
		}
		pieces = next
	}
	return pieces
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

// text returns the bytes of one token; special tokens are their own text.
func (t *Tokenizer) text(id int32) string {
	switch t.types[id] {
	case typeControl, typeUserDefined, typeUnknown:
		return t.tokens[id]
	}
	return t.coder.bytes(id)
}

// NewStream returns a Stream for the text of tokens that follow a prompt.
func (t *Tokenizer) NewStream() *Stream { return &Stream{t: t} }

package core

import (
	"context"
	"fmt"

	"github.com/gander-lm/gander/core/tokenizer"
)

// Text is what a model's files say of text: its tokenizer and its chat templates.
// Every Model has it; by itself it needs no weights, and of a GGUF file no architecture that
// is known. (A Folder is first made a GGUF file, for which its architecture must be.)
type Text struct {
	tokenizer *tokenizer.Tokenizer
	templates *chatTemplates
}

// OpenText reads the header of a model and returns its Text. Errors are those of OpenSource.
func OpenText(ctx context.Context, src Source) (*Text, error) {
	h, err := src.header(ctx)
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	defer h.close()
	tok, err := h.tokenizer()
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	return &Text{tok, readTemplates(h.file)}, nil
}

// Tokenizer returns the model's tokenizer.
func (t *Text) Tokenizer() *tokenizer.Tokenizer { return t.tokenizer }

// Tokenize returns the ids of a text. With special, BOS and EOS are added where
// the model wants them, and the texts of control tokens are taken for the tokens.
func (t *Text) Tokenize(text string, special bool) ([]int32, error) {
	return t.tokenizer.Encode(text, tokenizer.EncodeOptions{AddSpecial: special, ParseSpecial: special})
}

// Detokenize returns the text of ids, or a *TokenError.
func (t *Text) Detokenize(ids []int32) (string, error) {
	if err := t.checkIDs(ids); err != nil {
		return "", err
	}
	return t.tokenizer.Decode(ids)
}

func (t *Text) checkIDs(ids []int32) error {
	for _, id := range ids {
		if size := t.tokenizer.VocabSize(); id < 0 || int(id) >= size {
			return &TokenError{id, size}
		}
	}
	return nil
}

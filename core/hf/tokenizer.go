package hf

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/tokenizer"
)

// SentencePieceName is the tokenizer of folders without a tokenizer.json, and of
// most models of SentencePiece beside it.
const SentencePieceName = "tokenizer.model"

// Tokenizer returns the tokenizer that the folder describes: in tokenizer.json, or
// without one in tokenizer.model.
func (m *Model) Tokenizer() (*tokenizer.Tokenizer, error) {
	t, err := m.tokenizer()
	if err != nil {
		return nil, fmt.Errorf("hf: %w", err)
	}
	return t, nil
}

func (m *Model) tokenizer() (*tokenizer.Tokenizer, error) {
	h, err := m.hints()
	if err != nil {
		return nil, err
	}
	b, err := files.Read(m.fsys, TokenizerName, maxJSON)
	if err == nil {
		return tokenizer.FromJSON(b, h)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	b, err = files.Read(m.fsys, SentencePieceName, maxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken("the folder has neither %s nor %s", TokenizerName, SentencePieceName)
	} else if err != nil {
		return nil, err
	}
	return tokenizer.FromSentencePiece(b, h)
}

// hints is what the other files say of the tokenizer.
func (m *Model) hints() (h tokenizer.Hints, err error) {
	for name, to := range map[string]*[]byte{TokenizerConfigName: &h.Config, SpecialTokensName: &h.SpecialTokens} {
		if *to, err = files.Read(m.fsys, name, maxJSON); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return h, err
		}
	}
	generation, err := files.ReadObject(m.fsys, GenerationName, maxJSON)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return h, err
	}
	h.Size = int(m.c.sizes["vocab_size"])
	h.Ends = m.c.tokenIDs(generation["eos_token_id"], m.c.values["eos_token_id"])
	if bos := m.c.tokenIDs(m.c.values["bos_token_id"]); len(bos) > 0 {
		h.BOS = bos[:1]
	}
	return h, nil
}

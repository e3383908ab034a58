package hf

import (
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
)

// wordPiece sets what a WordPiece model has of its own. In GGUF it is the tokens that
// begin a word which are marked, and the normalizer is BERT's, with or without small
// letters.
// Source: llama.cpp conversion/bert.py (set_vocab).
func (v *vocabulary) wordPiece(w *gguf.Writer) error {
	refuse := func(what string) error {
		return &errs.UnsupportedError{What: "a WordPiece model with " + what + " in GGUF"}
	}
	if v.json.Model.Continues != "##" {
		return refuse("another continuing_subword_prefix than ##")
	}
	normalizer, pre := v.json.Normalizer.steps(), v.json.PreTokenizer.steps()
	if len(normalizer) != 1 || normalizer[0].Type != "BertNormalizer" || !normalizer[0].Clean || !normalizer[0].Chinese {
		return refuse("another normalizer than a BertNormalizer with clean_text and handle_chinese_chars")
	}
	if len(pre) != 1 || pre[0].Type != "BertPreTokenizer" {
		return refuse("another pre-tokenizer than BertPreTokenizer")
	}
	lower := normalizer[0].Lowercase
	strip := lower
	if s := normalizer[0].StripAccents; s != nil {
		strip = *s
	}
	for id, text := range v.tokens {
		if v.types[id] != typeNormal {
			continue
		}
		if rest, ok := strings.CutPrefix(text, "##"); ok {
			v.tokens[id] = rest
		} else {
			v.tokens[id] = "▁" + text
		}
	}
	w.Set("tokenizer.ggml.model", "bert")
	w.Set("tokenizer.ggml.pre", "default")
	w.Set("tokenizer.ggml.normalizer.lowercase", lower)
	w.Set("tokenizer.ggml.normalizer.strip_accents", strip)
	return nil
}

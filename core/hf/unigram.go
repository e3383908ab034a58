package hf

import (
	"encoding/base64"
	"strconv"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
)

// unigram is what a Unigram vocabulary has beside its tokens.
type unigram struct {
	scores []float32
}

// readUnigram sets the tokens of a Unigram model: pairs of a text and its score.
func (v *vocabulary) readUnigram() error {
	list, ok := v.json.Model.Vocab.([]any)
	if !ok {
		return broken("model.vocab is no list")
	}
	v.unigram = &unigram{scores: make([]float32, len(v.tokens))}
	for id, entry := range list {
		pair, _ := entry.([]any)
		if len(pair) != 2 {
			return broken("model.vocab: entry %d is no pair of a text and a score", id)
		}
		text, ok := pair[0].(string)
		number, _ := pair[1].(files.Number)
		score, err := strconv.ParseFloat(string(number), 64)
		if !ok || err != nil {
			return broken("model.vocab: entry %d is no pair of a text and a score", id)
		}
		typ := int32(typeNormal)
		if int64(id) == v.json.Model.UnkID {
			typ = typeUnknown
		}
		if err := v.put(int64(id), text, typ); err != nil {
			return err
		}
		v.unigram.scores[id] = float32(score)
	}
	if v.json.Model.UnkID < 0 || v.json.Model.UnkID >= int64(len(list)) {
		return broken("model.unk_id is %d, of %d tokens", v.json.Model.UnkID, len(list))
	}
	return nil
}

// kind sets what a Unigram model has of its own. GGUF has the form of T5's alone: a
// table of characters and then spaces that are one each, with one before the text.
// Source: llama.cpp conversion/t5.py (set_vocab).
func (u *unigram) kind(v *vocabulary, w *gguf.Writer) error {
	refuse := func(what string) error {
		return &errs.UnsupportedError{What: "a Unigram model with " + what + " in GGUF"}
	}
	if v.json.Model.ByteFallback {
		return refuse("byte_fallback")
	}
	merges := false
	for i, n := range v.json.Normalizer.steps() {
		switch {
		case n.Type == "Precompiled" && i == 0:
			data, err := base64.StdEncoding.DecodeString(n.CharsMap)
			if err != nil {
				return broken("normalizer: precompiled_charsmap is not base64: %v", err)
			}
			w.Set("tokenizer.ggml.precompiled_charsmap", data)
		case n.Type == "Replace" && n.Pattern == " {2,}":
			merges = true
		case n.Type == "Strip": // spaces at the ends, which go anyway
		default:
			return refuse("the normalizer " + n.Type)
		}
	}
	spaces := false
	for _, n := range v.json.PreTokenizer.steps() {
		switch n.Type {
		case "WhitespaceSplit":
			merges = true
		case "Metaspace":
			spaces = true
		default:
			return refuse("the pre-tokenizer " + n.Type)
		}
	}
	if !merges || !spaces || !v.addsSpace() {
		return refuse("spaces that are not one each, with one before the text,")
	}
	w.Set("tokenizer.ggml.model", "t5")
	w.Set("tokenizer.ggml.pre", "default")
	w.Set("tokenizer.ggml.scores", u.scores)
	w.Set("tokenizer.ggml.add_space_prefix", true)
	w.Set("tokenizer.ggml.remove_extra_whitespaces", true)
	return nil
}

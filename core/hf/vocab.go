package hf

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
)

// The files that say how text becomes tokens.
const (
	TokenizerName       = "tokenizer.json"
	TokenizerConfigName = "tokenizer_config.json"
	SpecialTokensName   = "special_tokens_map.json"
	GenerationName      = "generation_config.json"
)

// Token types of tokenizer.ggml.token_type (llama.h llama_token_type).
const (
	typeNormal      = 1
	typeUnknown     = 2
	typeControl     = 3
	typeUserDefined = 4
	typeUnused      = 5
	typeByte        = 6
)

// tokenizerJSON is what GGUF needs of tokenizer.json.
type tokenizerJSON struct {
	Added []struct {
		ID      int64  `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Normalizer    node `json:"normalizer"`
	PreTokenizer  node `json:"pre_tokenizer"`
	PostProcessor node `json:"post_processor"`
	Model         struct {
		Type         string           `json:"type"`
		Vocab        json.RawMessage  `json:"vocab"`
		Merges       []mergePair      `json:"merges"`
		UnkToken     string           `json:"unk_token"`
		ByteFallback bool             `json:"byte_fallback"`
		IgnoreMerges bool             `json:"ignore_merges"`
		vocab        map[string]int64 // Vocab, of a BPE model
	} `json:"model"`
}

// node is a step of a tokenizer, or several.
type node struct {
	Type           string `json:"type"`
	Normalizers    []node `json:"normalizers"`
	PreTokenizers  []node `json:"pretokenizers"`
	Processors     []node `json:"processors"`
	Prepend        string `json:"prepend"`        // of Prepend
	PrependScheme  string `json:"prepend_scheme"` // of Metaspace
	AddPrefixSpace *bool  `json:"add_prefix_space"`
	UseRegex       *bool  `json:"use_regex"`         // of ByteLevel
	Individual     bool   `json:"individual_digits"` // of Digits
	Pattern        struct {
		Regex, String string
	} `json:"pattern"` // of Split and Replace
	Single []struct { // of TemplateProcessing
		SpecialToken *struct{ ID string }
	} `json:"single"`
}

// steps returns the steps within a node, itself if it is one.
func (n node) steps() []node {
	var out []node
	for _, list := range [][]node{n.Normalizers, n.PreTokenizers, n.Processors} {
		for _, m := range list {
			out = append(out, m.steps()...)
		}
	}
	if len(out) == 0 && n.Type != "" && n.Type != "Sequence" {
		return []node{n}
	}
	return out
}

// mergePair is a line of merges: "left right", or in newer files [left, right].
type mergePair string

// UnmarshalJSON reads either form.
func (m *mergePair) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*m = mergePair(s)
		return nil
	}
	var p [2]string
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*m = mergePair(p[0] + " " + p[1])
	return nil
}

// vocabulary is the tokens of a model as GGUF has them.
type vocabulary struct {
	tokens []string
	types  []int32
	ids    map[string]int64
	json   *tokenizerJSON
	fsys   fs.FS
	c      *config
	files  map[string]map[string]any // the small files that are there
}

// addVocabulary sets the keys of the tokenizer, from tokenizer.json.
// Source: llama.cpp conversion/base.py (get_vocab_base, _set_vocab_gpt2) and
// gguf-py vocab.py (SpecialVocab, LlamaHfVocab).
func (c *config) addVocabulary(fsys fs.FS) error {
	v := &vocabulary{fsys: fsys, c: c, json: &tokenizerJSON{}, ids: map[string]int64{}, files: map[string]map[string]any{}}
	b, err := files.Read(fsys, TokenizerName, maxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return &errs.FormatError{Offset: -1, What: "the folder has no " + TokenizerName}
	} else if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v.json); err != nil {
		return &errs.FormatError{Offset: -1, What: TokenizerName + ": " + err.Error()}
	}
	for _, name := range []string{TokenizerConfigName, SpecialTokensName, GenerationName} {
		object, err := readObject(fsys, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		v.files[name] = object
	}
	if err := v.read(); err != nil {
		return fmt.Errorf("%s: %w", TokenizerName, err)
	}
	w := c.w
	if err := v.kind(w); err != nil {
		return fmt.Errorf("%s: %w", TokenizerName, err)
	}
	w.Set("tokenizer.ggml.tokens", v.tokens)
	w.Set("tokenizer.ggml.token_type", v.types)
	v.special(w)
	v.addRules(w)
	return nil
}

func broken(format string, args ...any) error {
	return &errs.FormatError{Offset: -1, What: fmt.Sprintf(format, args...)}
}

// read makes the list of tokens, as many as the embedding has rows.
func (v *vocabulary) read() error {
	m := &v.json.Model
	if m.Type == "" { // old files leave it out
		m.Type = "BPE"
	}
	if m.Type != "BPE" {
		return &errs.UnsupportedError{What: fmt.Sprintf("a model of type %s in GGUF (supported is BPE)", m.Type)}
	}
	if err := json.Unmarshal(m.Vocab, &m.vocab); err != nil {
		return broken("model.vocab: %v", err)
	}
	size := v.c.sizes["vocab_size"]
	v.tokens, v.types = make([]string, size), make([]int32, size)
	put := func(id int64, text string, typ int32) error {
		if id < 0 || id >= size {
			return broken("token %q has the id %d, but vocab_size of config.json is %d", text, id, size)
		}
		v.tokens[id], v.types[id], v.ids[text] = text, typ, id
		return nil
	}
	for text, id := range m.vocab {
		if id >= 0 && id < size && v.types[id] != 0 {
			return broken("tokens %q and %q both have the id %d", v.tokens[id], text, id)
		}
		if err := put(id, text, typeNormal); err != nil {
			return err
		}
	}
	for _, a := range v.json.Added {
		typ, text := int32(typeControl), a.Content
		if !a.Special && !looksSpecial(text) {
			typ, text = typeUserDefined, strings.ReplaceAll(text, "▁", " ")
		}
		if err := put(a.ID, text, typ); err != nil {
			return err
		}
	}
	for i, typ := range v.types {
		if typ == 0 {
			v.tokens[i], v.types[i] = fmt.Sprintf("[PAD%d]", i), typeUnused
		}
	}
	return nil
}

// looksSpecial says whether an added token is one that should be called special:
// some models don't say so of theirs.
func looksSpecial(s string) bool {
	switch s {
	case "<pad>", "<mask>", "<2mass>", "[@BOS@]":
		return true
	}
	for _, p := range [][2]string{{"<|", "|>"}, {"<｜", "｜>"}, {"<unused", ">"}} {
		if strings.HasPrefix(s, p[0]) && strings.HasSuffix(s, p[1]) && len(s) >= len(p[0])+len(p[1]) {
			return true
		}
	}
	return false
}

// kind sets what the two kinds of BPE have of their own.
func (v *vocabulary) kind(w *gguf.Writer) error {
	merges := make([]string, len(v.json.Model.Merges))
	for i, m := range v.json.Model.Merges {
		merges[i] = string(m)
	}
	for _, step := range v.json.PreTokenizer.steps() {
		if step.Type == "ByteLevel" {
			pre, err := v.pre()
			if err != nil {
				return err
			}
			w.Set("tokenizer.ggml.model", "gpt2")
			w.Set("tokenizer.ggml.pre", pre)
			w.Set("tokenizer.ggml.merges", merges)
			return nil
		}
	}
	if !v.json.Model.ByteFallback {
		return &errs.UnsupportedError{What: "BPE of neither bytes (pre-tokenizer ByteLevel) nor characters (byte_fallback) in GGUF"}
	}
	w.Set("tokenizer.ggml.model", "llama")
	w.Set("tokenizer.ggml.pre", "default")
	w.Set("tokenizer.ggml.scores", v.scores(merges))
	w.Set("tokenizer.ggml.add_space_prefix", v.addsSpace())
	for i, text := range v.tokens {
		var b byte
		switch n, err := fmt.Sscanf(text, "<0x%02X>", &b); {
		case v.types[i] == typeNormal && err == nil && n == 1 && len(text) == 6:
			v.types[i] = typeByte
		case text == v.json.Model.UnkToken && text != "":
			v.types[i] = typeUnknown
		}
	}
	return nil
}

// scores gives tokens the score that SentencePiece's own training gives them: the
// earlier the merge that makes a token, the higher. Tokens that no merge makes are
// the lowest, as llama.cpp's converter has them.
func (v *vocabulary) scores(merges []string) []float32 {
	scores := make([]float32, len(v.tokens))
	for i := range scores {
		scores[i] = -float32(len(merges) + 1)
	}
	for rank := len(merges) - 1; rank >= 0; rank-- {
		left, right, _ := strings.Cut(merges[rank], " ")
		if id, ok := v.ids[left+right]; ok {
			scores[id] = -float32(rank)
		}
	}
	return scores
}

// addsSpace says whether a space is put before a text.
func (v *vocabulary) addsSpace() bool {
	for _, n := range append(v.json.Normalizer.steps(), v.json.PreTokenizer.steps()...) {
		switch {
		case n.Type == "Prepend" && n.Prepend == "▁":
			return true
		case n.Type == "Metaspace":
			return n.PrependScheme == "always" || n.PrependScheme == "first" || n.PrependScheme == "" && (n.AddPrefixSpace == nil || *n.AddPrefixSpace)
		}
	}
	return false
}

package hf

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/tokenizer"
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

// vocabulary is the tokens of a model as GGUF has them.
type vocabulary struct {
	tokens   []string
	types    []int32
	ids      map[string]int64
	json     *tokenizerJSON    // tokenizer.json; empty without one
	pieces   *tokenizer.Pieces // tokenizer.model, nil without one of type BPE
	*unigram                   // nil for other models
	c        *config
	files    map[string]map[string]any // the small files that are there
}

// addVocabulary sets the keys of the tokenizer, from tokenizer.model, which has the
// scores that GGUF wants, else from tokenizer.json.
// Source: llama.cpp conversion/base.py (get_vocab_base, _set_vocab_gpt2,
// _set_vocab_sentencepiece) and gguf-py vocab.py (SpecialVocab, LlamaHfVocab).
func (c *config) addVocabulary(fsys fs.FS) error {
	v := &vocabulary{c: c, json: &tokenizerJSON{}, ids: map[string]int64{}, files: map[string]map[string]any{}}
	b, err := files.Read(fsys, TokenizerName, maxJSON)
	if err == nil {
		if v.json, err = parseTokenizer(b); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	none := err != nil
	b, err = files.Read(fsys, SentencePieceName, maxJSON)
	if err == nil {
		v.pieces, err = tokenizer.ReadPieces(b)
		var ue *errs.UnsupportedError
		if errors.As(err, &ue) && !none {
			err = nil // tokenizer.json may do; tiktoken's files have that name too
		}
	} else if errors.Is(err, fs.ErrNotExist) && !none {
		err = nil
	} else if errors.Is(err, fs.ErrNotExist) {
		err = broken("the folder has neither %s nor %s", TokenizerName, SentencePieceName)
	}
	if err != nil {
		return err
	}
	for _, name := range []string{TokenizerConfigName, SpecialTokensName, GenerationName} {
		object, err := files.ReadObject(fsys, name, maxJSON)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		v.files[name] = object
	}
	if err := v.read(); err != nil {
		return fmt.Errorf("%s: %w", TokenizerName, err)
	}
	w := c.w
	switch {
	case v.pieces != nil:
		v.sentencePiece(w)
	case v.unigram != nil:
		err = v.unigram.kind(v, w)
	case v.json.Model.Type == "WordPiece":
		err = v.wordPiece(w)
	default:
		err = v.kind(w)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", TokenizerName, err)
	}
	w.Set("tokenizer.ggml.tokens", v.tokens)
	w.Set("tokenizer.ggml.token_type", v.types)
	if name := c.name(); name == "bert" || name == "nomic-bert" {
		w.Set("tokenizer.ggml.token_type_count", uint32(max(1, c.sizes["type_vocab_size"])))
	}
	v.special(w)
	v.addRules(w)
	return nil
}

func broken(format string, args ...any) error {
	return &errs.FormatError{Offset: -1, What: fmt.Sprintf(format, args...)}
}

// read makes the list of tokens, as many as the embedding has rows.
func (v *vocabulary) read() error {
	size := v.c.sizes["vocab_size"]
	v.tokens, v.types = make([]string, size), make([]int32, size)
	if err := v.readModel(); err != nil {
		return err
	}
	for _, a := range v.added() {
		typ, text := int32(typeControl), a.Content
		if !a.Special && !looksSpecial(text) {
			typ, text = typeUserDefined, strings.ReplaceAll(text, "▁", " ")
		}
		if a.ID >= 0 && a.ID < size && v.types[a.ID] == typeUnknown {
			typ = typeUnknown
		}
		if err := v.put(a.ID, text, typ); err != nil {
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

// put sets a token.
func (v *vocabulary) put(id int64, text string, typ int32) error {
	if id < 0 || id >= int64(len(v.tokens)) {
		return broken("token %q has the id %d, but vocab_size of config.json is %d", text, id, len(v.tokens))
	}
	v.tokens[id], v.types[id], v.ids[text] = text, typ, id
	return nil
}

// readModel sets the tokens of tokenizer.model or of the model in tokenizer.json.
func (v *vocabulary) readModel() error {
	if v.pieces != nil {
		for id, p := range v.pieces.List {
			if err := v.put(int64(id), p.Text, p.Type); err != nil {
				return err
			}
		}
		return nil
	}
	m := &v.json.Model
	if m.Type == "" { // old files leave it out
		m.Type = "BPE"
		if _, list := m.Vocab.([]any); list {
			m.Type = "Unigram"
		}
	}
	if m.Type == "Unigram" {
		return v.readUnigram()
	}
	if m.Type != "BPE" && m.Type != "WordPiece" {
		return &errs.UnsupportedError{What: fmt.Sprintf("a tokenizer of type %s in GGUF (supported are BPE, Unigram and WordPiece)", m.Type)}
	}
	vocab, ok := m.Vocab.(map[string]any)
	if !ok {
		return broken("model.vocab is no object")
	}
	for text, value := range vocab {
		number, _ := value.(files.Number)
		id, err := strconv.ParseInt(string(number), 10, 64)
		if err != nil {
			return broken("model.vocab: the id of %q is no whole number", text)
		}
		if id >= 0 && id < int64(len(v.types)) && v.types[id] != 0 {
			return broken("tokens %q and %q both have the id %d", v.tokens[id], text, id)
		}
		if err := v.put(id, text, typeNormal); err != nil {
			return err
		}
	}
	return nil
}

// added returns the tokens beside those of the model: of tokenizer.json, or without
// one of tokenizer_config.json.
func (v *vocabulary) added() []addedToken {
	if v.json.Added != nil {
		return v.json.Added
	}
	list, _ := v.files[TokenizerConfigName]["added_tokens_decoder"].(map[string]any)
	var out []addedToken
	for _, key := range slices.Sorted(maps.Keys(list)) {
		token, _ := list[key].(map[string]any)
		id, err := strconv.ParseInt(key, 10, 64)
		text, ok := token["content"].(string)
		special, _ := token["special"].(bool)
		if err == nil && ok {
			out = append(out, addedToken{id, text, special})
		}
	}
	return out
}

// sentencePiece sets what the tokens of a SentencePiece model have of their own.
func (v *vocabulary) sentencePiece(w *gguf.Writer) {
	scores := make([]float32, len(v.tokens))
	for id := range scores {
		scores[id] = addedScore
		if id < len(v.pieces.List) && v.pieces.List[id].Text == v.tokens[id] {
			scores[id] = v.pieces.List[id].Score
		}
	}
	w.Set("tokenizer.ggml.model", "llama")
	w.Set("tokenizer.ggml.pre", "default")
	w.Set("tokenizer.ggml.scores", scores)
	w.Set("tokenizer.ggml.add_space_prefix", v.pieces.AddSpace)
}

// addedScore is the score of tokens that SentencePiece has none of.
const addedScore = -1000

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
	merges := v.json.Model.Merges
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
			return n.PrependScheme == "always" || n.PrependScheme == "first" || n.PrependScheme == "" && !n.NoPrefixSpace
		}
	}
	return false
}

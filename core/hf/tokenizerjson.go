package hf

import (
	"fmt"
	"strconv"

	"github.com/gander-lm/gander/core/files"
)

// tokenizerJSON is what GGUF needs of tokenizer.json.
type tokenizerJSON struct {
	Added         []addedToken
	Normalizer    node
	PreTokenizer  node
	PostProcessor node
	Model         model
}

// model is the part of tokenizer.json that is called so.
type model struct {
	Type         string
	Vocab        any      // an object of ids, or of other kinds than BPE a list
	Merges       []string // "left right"
	UnkToken     string
	UnkID        int64  // of Unigram; -1 without
	Continues    string // of WordPiece: what tokens that don't begin a word begin with
	ByteFallback bool
	IgnoreMerges bool
}

// addedToken is a token that is found in a text before all others.
type addedToken struct {
	ID      int64
	Content string
	Special bool
}

// node is a step of a tokenizer, or several.
type node struct {
	Type          string
	Parts         []node
	Prepend       string // of Prepend
	PrependScheme string // of Metaspace
	NoPrefixSpace bool   // of Metaspace and ByteLevel: it says that no space comes before a text
	NoRegex       bool   // of ByteLevel
	Individual    bool   // of Digits
	Pattern       string // of Split and Replace
	CharsMap      string // of Precompiled, in base64
	Clean         bool   // of BertNormalizer: clean_text, handle_chinese_chars
	Chinese       bool
	Lowercase     bool
	StripAccents  *bool  // nil: if Lowercase
	Single        []bool // of TemplateProcessing: which parts of the template of one text are special tokens
}

// steps returns the steps within a node, itself if it is one.
func (n node) steps() []node {
	var out []node
	for _, m := range n.Parts {
		out = append(out, m.steps()...)
	}
	if len(out) == 0 && n.Type != "" && n.Type != "Sequence" {
		return []node{n}
	}
	return out
}

// parseTokenizer reads tokenizer.json. What has another type than it should have is
// an error; what is missing or null has the zero value.
func parseTokenizer(b []byte) (*tokenizerJSON, error) {
	values, err := files.ParseObject(TokenizerName, b)
	if err != nil {
		return nil, err
	}
	r := &jsonFields{}
	t := &tokenizerJSON{
		Normalizer:    r.node(values, "normalizer"),
		PreTokenizer:  r.node(values, "pre_tokenizer"),
		PostProcessor: r.node(values, "post_processor"),
	}
	for _, a := range r.objects(values, "added_tokens") {
		id, err := strconv.ParseInt(string(get[files.Number](r, a, "id")), 10, 64)
		if err != nil {
			r.wrong("id")
		}
		t.Added = append(t.Added, addedToken{id, get[string](r, a, "content"), get[bool](r, a, "special")})
	}
	m := get[map[string]any](r, values, "model")
	t.Model = model{
		Type: get[string](r, m, "type"), Vocab: m["vocab"], UnkToken: get[string](r, m, "unk_token"),
		Continues: get[string](r, m, "continuing_subword_prefix"), ByteFallback: get[bool](r, m, "byte_fallback"), IgnoreMerges: get[bool](r, m, "ignore_merges"),
	}
	t.Model.UnkID = -1
	if number := get[files.Number](r, m, "unk_id"); number != "" {
		id, err := strconv.ParseInt(string(number), 10, 64)
		if err != nil {
			r.wrong("unk_id")
		}
		t.Model.UnkID = id
	}
	list := get[[]any](r, m, "merges")
	t.Model.Merges = make([]string, len(list))
	for i, v := range list {
		t.Model.Merges[i] = r.merge(v)
	}
	if r.err != nil {
		return nil, broken("%s: %v", TokenizerName, r.err)
	}
	return t, nil
}

// jsonFields reads fields of objects, and notes the first that is not as it should be.
type jsonFields struct{ err error }

func (r *jsonFields) wrong(name string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s is not of the right type", name)
	}
}

// get reads a field; missing or null, it is the zero value.
func get[T any](r *jsonFields, o map[string]any, name string) T {
	x, ok := o[name].(T)
	if !ok && o[name] != nil {
		r.wrong(name)
	}
	return x
}

func (r *jsonFields) objects(o map[string]any, name string) []map[string]any {
	list := get[[]any](r, o, name)
	out := make([]map[string]any, len(list))
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			r.wrong(name)
		}
		out[i] = m
	}
	return out
}

// merge reads "left right", or in newer files [left, right].
func (r *jsonFields) merge(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	pair, _ := v.([]any)
	if len(pair) == 2 {
		left, ok1 := pair[0].(string)
		right, ok2 := pair[1].(string)
		if ok1 && ok2 {
			return left + " " + right
		}
	}
	r.wrong("model.merges")
	return ""
}

func (r *jsonFields) node(o map[string]any, name string) node {
	return r.step(get[map[string]any](r, o, name))
}

func (r *jsonFields) step(m map[string]any) node {
	no := func(name string) bool { return m[name] != nil && !get[bool](r, m, name) }
	n := node{
		Type: get[string](r, m, "type"), Prepend: get[string](r, m, "prepend"), PrependScheme: get[string](r, m, "prepend_scheme"),
		NoPrefixSpace: no("add_prefix_space"), NoRegex: no("use_regex"), Individual: get[bool](r, m, "individual_digits"),
	}
	n.CharsMap = get[string](r, m, "precompiled_charsmap")
	if n.Type == "BertNormalizer" {
		n.Clean, n.Chinese, n.Lowercase = !no("clean_text"), !no("handle_chinese_chars"), !no("lowercase")
		if strip, ok := m["strip_accents"].(bool); ok {
			n.StripAccents = &strip
		}
	}
	for _, parts := range []string{"normalizers", "pretokenizers", "processors"} {
		for _, part := range r.objects(m, parts) {
			n.Parts = append(n.Parts, r.step(part))
		}
	}
	if pattern, ok := m["pattern"].(map[string]any); ok {
		n.Pattern = get[string](r, pattern, "Regex") + get[string](r, pattern, "String")
	}
	if n.Type == "TemplateProcessing" {
		for _, part := range r.objects(m, "single") {
			n.Single = append(n.Single, part["SpecialToken"] != nil)
		}
	}
	return n
}

package hf

import (
	"fmt"
	"strings"

	"github.com/gander-lm/gander/core/errs"
)

// Parts of the expressions of OpenAI's cl100k and o200k and those that follow them.
const (
	contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	spaces       = `\s*[\r\n]+|\s+(?!\S)|\s+`
	upper        = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
	lower        = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
)

// preByExpression maps what a pre-tokenizer does, as describe writes it, to the
// value of tokenizer.ggml.pre.
// Source of names and expressions: llama.cpp src/llama-vocab.cpp.
var preByExpression = map[string]string{
	`bytes with regex`:                                             "gpt-2",
	`digits, one each; bytes with regex`:                           "starcoder",
	`punctuation; bytes with regex; digits; split [0-9][0-9][0-9]`: "falcon",

	`split ` + contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spaces + `; bytes`: "llama-bpe",
	`split ` + contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spaces + `; bytes`:      "qwen2",

	`split [^\r\n\p{L}\p{N}]?` + upper + `*` + lower + `+|[^\r\n\p{L}\p{N}]?` + upper + `+` + lower + `*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spaces + `; bytes`: "tekken",
	`split [^\r\n\p{L}\p{N}]?` + upper + `*` + lower + `+` + contractions + `?|[^\r\n\p{L}\p{N}]?` + upper + `+` + lower + `*` + contractions +
		`?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spaces + `; bytes`: "gpt-4o",
}

// pre returns the value of tokenizer.ggml.pre for a tokenizer of bytes.
func (v *vocabulary) pre() (string, error) {
	text := describe(v.json.PreTokenizer.steps())
	pre, ok := preByExpression[text]
	if !ok {
		return "", &errs.UnsupportedError{What: fmt.Sprintf("a pre-tokenizer that GGUF has no name for: %s", text)}
	}
	clean, said := v.files[TokenizerConfigName]["clean_up_tokenization_spaces"].(bool)
	switch {
	case pre == "starcoder" && said && !clean:
		return "smollm", nil // the same words, and no spaces taken out when decoding
	case pre == "llama-bpe" && !v.json.Model.IgnoreMerges:
		return "dbrx", nil // the same words, each of them merged
	}
	return pre, nil
}

// describe writes the steps of a pre-tokenizer, one after the other.
func describe(steps []node) string {
	var out []string
	for _, n := range steps {
		switch {
		case n.Type == "ByteLevel" && !n.NoRegex:
			out = append(out, "bytes with regex")
		case n.Type == "ByteLevel":
			out = append(out, "bytes")
		case n.Type == "Digits" && n.Individual:
			out = append(out, "digits, one each")
		case n.Type == "Split":
			out = append(out, "split "+n.Pattern)
		default:
			out = append(out, strings.ToLower(n.Type))
		}
	}
	return strings.Join(out, "; ")
}

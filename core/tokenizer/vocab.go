package tokenizer

import (
	"fmt"
	"slices"
	"sort"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
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

// vocab is the tokens of a model and what they are for.
type vocab struct {
	tokens  []string
	types   []int64
	ids     map[string]int32
	special []int32 // control, user-defined and unknown tokens, longest text first

	bos, eos, unk  int32 // -1 if there is none
	addBOS, addEOS bool
	ends           map[int32]bool // tokens that end a generation
}

// endTexts are the tokens that end a generation in models that don't name them
// by a key.
var endTexts = []string{"<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>",
	"<|eom_id|>", "<|end_of_turn|>", "<|eot|>", "<EOT>", "<|END_OF_TURN_TOKEN|>"}

func formatError(format string, args ...any) error {
	return &errs.FormatError{Offset: -1, What: fmt.Sprintf(format, args...)}
}

func readVocab(f *gguf.File) (*vocab, error) {
	v := &vocab{ends: map[int32]bool{}}
	var ok bool
	if v.tokens, ok = f.Strings("tokenizer.ggml.tokens"); !ok || len(v.tokens) == 0 {
		return nil, formatError(`metadata key "tokenizer.ggml.tokens" is missing or empty`)
	}
	if v.types, ok = f.Ints("tokenizer.ggml.token_type"); !ok {
		v.types = slices.Repeat([]int64{typeNormal}, len(v.tokens))
	}
	if len(v.types) != len(v.tokens) {
		return nil, formatError("%d tokens and %d token types", len(v.tokens), len(v.types))
	}
	v.ids = make(map[string]int32, len(v.tokens))
	for i, s := range v.tokens {
		if other, twice := v.ids[s]; twice && v.types[i] == typeNormal && v.types[other] == typeNormal {
			return nil, formatError("token %q is there twice, as %d and %d", s, other, i)
		} else if !twice {
			v.ids[s] = int32(i)
		}
		if t := v.types[i]; s != "" && (t == typeControl || t == typeUserDefined || t == typeUnknown) {
			v.special = append(v.special, int32(i))
		}
	}
	sort.SliceStable(v.special, func(i, j int) bool { return len(v.tokens[v.special[i]]) > len(v.tokens[v.special[j]]) })
	var err error
	id := func(name string) int32 {
		n, ok := f.Int("tokenizer.ggml." + name)
		if !ok || n == -1 || n == 1<<32-1 {
			return -1
		}
		if (n < 0 || n >= int64(len(v.tokens))) && err == nil {
			err = formatError("tokenizer.ggml.%s is %d, in a vocabulary of %d", name, n, len(v.tokens))
			return -1
		}
		return int32(n)
	}
	v.bos, v.eos, v.unk = id("bos_token_id"), id("eos_token_id"), id("unknown_token_id")
	for _, end := range []int32{v.eos, id("eot_token_id"), id("eom_token_id")} {
		if end >= 0 {
			v.ends[end] = true
		}
	}
	for _, s := range endTexts {
		if id, ok := v.ids[s]; ok && (v.types[id] == typeControl || v.types[id] == typeUserDefined) {
			v.ends[id] = true
		}
	}
	return v, err
}

// addRules reads whether BOS and EOS are added, by default as given.
func (v *vocab) addRules(f *gguf.File, bos bool) {
	v.addBOS = bos
	if b, ok := f.Bool("tokenizer.ggml.add_bos_token"); ok {
		v.addBOS = b
	}
	v.addEOS, _ = f.Bool("tokenizer.ggml.add_eos_token")
	v.addBOS = v.addBOS && v.bos >= 0
	v.addEOS = v.addEOS && v.eos >= 0
}

// VocabSize returns the number of tokens.
func (v *vocab) VocabSize() int { return len(v.tokens) }

// BOS returns the token that begins a text, if there is one.
func (v *vocab) BOS() (int32, bool) { return v.bos, v.bos >= 0 }

// EOS returns the token that ends a text, if there is one.
func (v *vocab) EOS() (int32, bool) { return v.eos, v.eos >= 0 }

// IsEndOfGeneration says whether a model that gives this token has finished.
func (v *vocab) IsEndOfGeneration(id int32) bool { return v.ends[id] }

// IsSpecial says whether a token is a control token or the unknown token, and
// not text. The id must be in the vocabulary.
func (v *vocab) IsSpecial(id int32) bool {
	return v.types[id] == typeControl || v.types[id] == typeUnknown
}

// Piece returns a token as the vocabulary writes it, for display. The id must be
// in the vocabulary.
func (v *vocab) Piece(id int32) string { return v.tokens[id] }

package tokenizer

import (
	"fmt"
	"slices"
	"unicode/utf8"

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
	tokens   []string
	types    []int64
	ids      map[string]int32
	longest  int // bytes in the longest token
	specials *specials

	decodeAll bool // special tokens are decoded like others

	bos, eos, unk int32   // -1 if there is none
	before, after []int32 // what AddSpecial puts around a text
	ends          map[int32]bool
}

// endTexts are the tokens that end a generation in models that don't name them
// by a key. Source of the list: llama.cpp src/llama-vocab.cpp.
var endTexts = []string{"<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>",
	"<|end_of_text|>", "<|eom_id|>", "<|end_of_turn|>", "<|eot|>", "<EOT>", "[EOT]", "[EOS]", "<|END_OF_TURN_TOKEN|>", "<end_of_utterance>",
	"<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~["}

func formatError(format string, args ...any) error {
	return &errs.FormatError{Offset: -1, What: fmt.Sprintf(format, args...)}
}

// newVocab checks tokens and their types, nil for all normal.
func newVocab(tokens []string, types []int64) (*vocab, error) {
	v := &vocab{tokens: tokens, types: types, ends: map[int32]bool{}, bos: -1, eos: -1, unk: -1}
	if types == nil {
		v.types = slices.Repeat([]int64{typeNormal}, len(tokens))
	}
	if len(v.types) != len(tokens) {
		return nil, formatError("%d tokens and %d token types", len(tokens), len(v.types))
	}
	texts := 0 // tokens that have one
	for i, s := range tokens {
		if !utf8.ValidString(s) {
			return nil, formatError("token %d, %q, is not UTF-8", i, s)
		}
		if s != "" {
			texts++
		}
		v.longest = max(v.longest, len(s))
	}
	v.ids = make(map[string]int32, len(tokens))
	for i, s := range slices.Backward(tokens) { // of tokens with the same text the first counts
		if s != "" {
			v.ids[s] = int32(i)
		}
	}
	if len(v.ids) < texts {
		return v, v.checkTwice()
	}
	return v, nil
}

// checkTwice checks that no two normal tokens have the same text.
func (v *vocab) checkTwice() error {
	for i, s := range v.tokens {
		if first, ok := v.ids[s]; ok && int(first) != i && v.types[i] == typeNormal && v.types[first] == typeNormal {
			return formatError("token %q is there twice, as %d and %d", s, first, i)
		}
	}
	return nil
}

// finish makes what depends on the final types and ends of the tokens.
func (v *vocab) finish() {
	for _, s := range endTexts {
		if id, ok := v.ids[s]; ok && (v.types[id] == typeControl || v.types[id] == typeUserDefined) {
			v.ends[id] = true
		}
	}
	// In OpenAI's harmony format <|end|> ends a message, not the answer.
	has := func(s string) bool { id, ok := v.ids[s]; return ok && v.ends[id] }
	if has("<|return|>") && has("<|call|>") || has("<|calls|>") && has("<|flush|>") {
		if id := v.ids["<|end|>"]; id != v.eos {
			delete(v.ends, id)
		}
	}
	if v.specials != nil {
		return
	}
	var ids []int32
	for id, t := range v.types {
		if t == typeControl || t == typeUserDefined || t == typeUnknown {
			ids = append(ids, int32(id))
		}
	}
	v.specials = newSpecials(v, ids, v.Piece)
}

// readVocab reads the tokens of a GGUF file.
func readVocab(f *gguf.File) (*vocab, error) {
	tokens, ok := f.Strings("tokenizer.ggml.tokens")
	if !ok || len(tokens) == 0 {
		return nil, formatError(`metadata key "tokenizer.ggml.tokens" is missing or empty`)
	}
	types, _ := f.Ints("tokenizer.ggml.token_type")
	v, err := newVocab(tokens, types)
	if err != nil {
		return nil, err
	}
	if v.bos, err = v.readID(f, "bos_token_id", -1); err != nil {
		return nil, err
	}
	if v.eos, err = v.readID(f, "eos_token_id", -1); err != nil {
		return nil, err
	}
	if v.unk, err = v.readID(f, "unknown_token_id", -1); err != nil {
		return nil, err
	}
	for _, name := range []string{"eos_token_id", "eot_token_id", "eom_token_id"} {
		end, err := v.readID(f, name, -1)
		if err != nil {
			return nil, err
		}
		if end >= 0 {
			v.ends[end] = true
		}
	}
	return v, nil
}

// readID reads a key that names a token; without it, it is the default id if the
// vocabulary has that many tokens, or -1.
func (v *vocab) readID(f *gguf.File, name string, missing int32) (int32, error) {
	n, ok := f.Int("tokenizer.ggml." + name)
	switch {
	case !ok && int(missing) < len(v.tokens):
		return missing, nil
	case !ok, n == -1, n == 1<<32-1:
		return -1, nil
	case n < 0 || n >= int64(len(v.tokens)):
		return -1, formatError("tokenizer.ggml.%s is %d, in a vocabulary of %d", name, n, len(v.tokens))
	}
	return int32(n), nil
}

// addRules reads whether BOS and EOS are added, by default as given.
func (v *vocab) addRules(f *gguf.File, bos bool) { v.addRulesOf(f, bos, false) }

func (v *vocab) addRulesOf(f *gguf.File, bos, eos bool) {
	if b, ok := f.Bool("tokenizer.ggml.add_bos_token"); ok {
		bos = b
	}
	if b, ok := f.Bool("tokenizer.ggml.add_eos_token"); ok {
		eos = b
	}
	v.setAround(bos, eos)
}

// setAround sets whether BOS and EOS are added, if there are such tokens.
func (v *vocab) setAround(bos, eos bool) {
	v.before, v.after = nil, nil
	if bos && v.bos >= 0 {
		v.before = []int32{v.bos}
	}
	if eos && v.eos >= 0 {
		v.after = []int32{v.eos}
	}
}

// byteTokens returns the tokens <0x00> to <0xFF>, -1 for those that are not there,
// and the bytes of those that are; nil if none is.
func byteTokens(v *vocab) (ids *[256]int32, bytes map[int32]byte) {
	ids, bytes = new([256]int32), map[int32]byte{}
	for b := range ids {
		ids[b] = -1
		if id, ok := v.ids[fmt.Sprintf("<0x%02X>", b)]; ok {
			ids[b], bytes[id] = id, byte(b)
		}
	}
	if len(bytes) == 0 {
		return nil, nil
	}
	return ids, bytes
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

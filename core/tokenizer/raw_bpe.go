// BPE on plain text with ▁ for spaces ("gemma4", and the values of
// tokenizer.ggml.pre that say so): a list of merges, as in "gpt2", over
// characters, as in "llama".
// Source: llama.cpp src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_GEMMA4.

package tokenizer

import (
	"strings"

	"github.com/gander-lm/gander/core/gguf"
)

func init() { register("gemma4", newGemma4) }

type rawBPE struct {
	*byteBPE
	byteOf map[int32]byte
}

func newGemma4(v *vocab, f *gguf.File) (coder, error) {
	pre := preTypes["gemma4"]
	b := &byteBPE{bpe: bpe{vocab: v}, clean: pre.clean}
	var err error
	if b.steps, err = pre.steps(); err != nil {
		return nil, err
	}
	if err := b.readMerges(f); err != nil {
		return nil, err
	}
	v.addRules(f, true)
	v.setAround(true, false)
	return newRawBPE(b, pre)
}

func newRawBPE(b *byteBPE, _ preType) (coder, error) {
	r := &rawBPE{byteBPE: b}
	b.fallback, r.byteOf = byteTokens(b.vocab)
	return r, nil
}

func (r *rawBPE) encode(ids []int32, text string, _ place) ([]int32, error) {
	words, err := split([]string{strings.ReplaceAll(text, " ", spaceMark)}, r.steps)
	if err != nil {
		return nil, err
	}
	m := &merger{join: r.join}
	return encodeCached(ids, words, func(ids []int32, w string) ([]int32, error) {
		// Line ends are taken whole if there is a token for as many.
		if id, ok := r.vocab.ids[w]; ok && w[0] == '\n' {
			return append(ids, id), nil
		}
		return r.word(ids, w, m)
	})
}

func (r *rawBPE) bytes(id int32) string {
	if b, ok := r.byteOf[id]; ok {
		return string([]byte{b})
	}
	return strings.ReplaceAll(r.vocab.tokens[id], spaceMark, " ")
}

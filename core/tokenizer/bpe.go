// Byte-level BPE ("gpt2"): the text is cut into words by a pre-tokenizer, each
// byte is written as a visible character, and the pair that comes first in the
// list of merges is joined again and again.
// Source: Radford et al., "Language Models are Unsupervised Multitask Learners",
// §2.2, and encoder.py of that work; llama.cpp llm_tokenizer_bpe.

package tokenizer

import (
	"fmt"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
)

func init() { register("gpt2", newBPE) }

type bpe struct {
	*vocab
	pre     preTokenizer
	byteIDs [256]int32 // -1 without a token for the byte
	merges  map[pair]merge
}

type pair struct{ left, right int32 }

type merge struct {
	rank float32 // exact up to 2^24 merges
	id   int32
}

// byteRune and runeByte are the visible characters of bytes: themselves for
// those that can be seen, U+0100 and on for the others.
var byteRune, runeByte = func() (to [256]rune, from map[rune]byte) {
	from = map[rune]byte{}
	next := rune(0x100)
	for b := range to {
		to[b] = rune(b)
		if b < '!' || b > '~' && b < 0xA1 || b == 0xAD {
			to[b] = next
			next++
		}
		from[to[b]] = byte(b)
	}
	return
}()

func newBPE(v *vocab, f *gguf.File) (coder, error) {
	name, ok := f.String("tokenizer.ggml.pre")
	if !ok {
		name = "default"
	}
	pre, ok := preTokenizers[name]
	if !ok {
		known := make([]string, 0, len(preTokenizers))
		for k := range preTokenizers {
			known = append(known, k)
		}
		sort.Strings(known)
		return nil, &errs.UnsupportedError{What: fmt.Sprintf("tokenizer.ggml.pre %q (supported are %s)", name, strings.Join(known, ", "))}
	}
	b := &bpe{vocab: v, pre: pre}
	for i, r := range byteRune {
		if b.byteIDs[i], ok = v.ids[string(r)]; !ok {
			b.byteIDs[i] = -1
		}
	}
	list, ok := f.Strings("tokenizer.ggml.merges")
	if !ok {
		return nil, formatError(`metadata key "tokenizer.ggml.merges" is missing`)
	}
	b.merges = make(map[pair]merge, len(list))
	for rank, m := range list {
		// The space between the two may be preceded by others only in the left one.
		at := strings.Index(m[min(1, len(m)):], " ") + 1
		if at < 1 {
			return nil, formatError("merge %d, %q, has no two parts", rank, m)
		}
		left, ok1 := v.ids[m[:at]]
		right, ok2 := v.ids[m[at+1:]]
		id, ok3 := v.ids[m[:at]+m[at+1:]]
		if !ok1 || !ok2 || !ok3 {
			return nil, formatError("merge %d, %q, names a token that is not in the vocabulary", rank, m)
		}
		if _, twice := b.merges[pair{left, right}]; !twice {
			b.merges[pair{left, right}] = merge{float32(rank), id}
		}
	}
	v.addRules(f, pre.addBOS)
	return b, nil
}

// signs are what loses the space before it in a vocabulary that cleans up
// (clean_up_tokenization_spaces of the model's own tokenizer).
var signs = strings.NewReplacer(" ?", "?", " !", "!", " .", ".", " ,", ",")

var apostrophe = strings.NewReplacer(" ' ", "'")

var contractions = strings.NewReplacer(" 's", "'s", " 'm", "'m", " 're", "'re", " 've", "'ve")

func (b *bpe) finish(text string) string {
	if b.pre.clean {
		return contractions.Replace(apostrophe.Replace(signs.Replace(text)))
	}
	return text
}

func (b *bpe) encode(ids []int32, text string, _ bool) ([]int32, error) {
	m := merger{join: func(l, r *symbol) (int32, float32, bool) {
		j, ok := b.merges[pair{l.id, r.id}]
		return j.id, j.rank, ok
	}}
	var visible []rune
	for _, word := range b.pre.split(text) {
		visible = visible[:0]
		for i := range len(word) {
			visible = append(visible, byteRune[word[i]])
		}
		if id, ok := b.ids[string(visible)]; ok && (b.pre.ignoreMerges || len(word) == 1) {
			ids = append(ids, id)
			continue
		}
		m.symbols = m.symbols[:0]
		for i := range len(word) {
			id := b.byteIDs[word[i]]
			if id < 0 {
				return nil, formatError("the vocabulary has no token for byte 0x%02X", word[i])
			}
			m.symbols = append(m.symbols, symbol{start: i, end: i + 1, id: id})
		}
		m.link()
		m.run()
		for i := 0; i >= 0; i = m.symbols[i].next {
			ids = append(ids, m.symbols[i].id)
		}
	}
	return ids, nil
}

func (b *bpe) bytes(id int32) string {
	var out []byte
	for _, r := range b.tokens[id] {
		if c, ok := runeByte[r]; ok {
			out = append(out, c)
		} else { // a token that was added as plain text
			out = append(out, string(r)...)
		}
	}
	return string(out)
}

// Byte pair encoding: the pair of neighbours that comes first in the list of
// merges is joined again and again. In the byte-level form ("gpt2") each byte is
// a symbol, written as a visible character; in the other form the characters are
// symbols, and those that are no token become the tokens of their bytes.
// Source: Radford et al., "Language Models are Unsupervised Multitask Learners",
// §2.2, and encoder.py of that work; llama.cpp llm_tokenizer_bpe.

package tokenizer

import (
	"strings"
	"unicode/utf8"

	"github.com/gander-lm/gander/core/gguf"
)

func init() { register("gpt2", newBPE) }

// merges maps the ids of two neighbours, left<<32 | right, to their join.
type merges map[uint64]merge

type merge struct {
	rank float32 // exact up to 2^24 merges
	id   int32
}

const maxMerges = 1 << 24

func pair(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

// bpe encodes words.
type bpe struct {
	vocab        *vocab
	merges       merges
	byteIDs      *[256]int32 // byte-level: the tokens of bytes, -1 for none
	fallback     *[256]int32 // else: <0x00> to <0xFF> for characters that are no token; may be nil
	fuse         bool        // several unknown characters in a row become one token
	ignoreMerges bool        // a word that is a token is taken whole
	prefix       string      // of symbols that don't begin a word
	suffix       string      // of the symbol that ends one
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

// visibleBytes returns the tokens of single bytes, written visibly.
func visibleBytes(v *vocab) *[256]int32 {
	var ids [256]int32
	for b, r := range byteRune {
		id, ok := v.ids[string(r)]
		if !ok {
			id = -1
		}
		ids[b] = id
	}
	return &ids
}

// addMerge adds the next merge of the list.
func (b *bpe) addMerge(left, right string) error {
	rank := len(b.merges)
	if left == "" || right == "" {
		return formatError("merge %d, %q and %q, has an empty part", rank, left, right)
	}
	l, ok1 := b.vocab.ids[left]
	r, ok2 := b.vocab.ids[right]
	id, ok3 := b.vocab.ids[left+strings.TrimPrefix(right, b.prefix)]
	if !ok1 || !ok2 || !ok3 {
		return formatError("merge %d, %q and %q, names a token that is not in the vocabulary", rank, left, right)
	}
	if rank >= maxMerges {
		return formatError("more than %d merges", maxMerges)
	}
	if _, twice := b.merges[pair(l, r)]; !twice {
		b.merges[pair(l, r)] = merge{float32(rank), id}
	}
	return nil
}

// join is merger.join.
func (b *bpe) join(l, r *symbol) (int32, float32, bool) {
	j, ok := b.merges[pair(l.id, r.id)]
	return j.id, j.rank, ok
}

// word appends the ids of a word; m is a merger for b.join.
func (b *bpe) word(ids []int32, w string, m *merger) ([]int32, error) {
	if b.byteIDs != nil {
		return b.byteWord(ids, w, m)
	}
	if id, ok := b.vocab.ids[w]; ok && b.ignoreMerges {
		return append(ids, id), nil
	}
	m.symbols = m.symbols[:0]
	unknown := false
	for i := 0; i < len(w); {
		_, n := utf8.DecodeRuneInString(w[i:])
		text := w[i : i+n]
		if b.prefix != "" && i > 0 {
			text = b.prefix + text
		}
		if b.suffix != "" && i+n == len(w) {
			text += b.suffix
		}
		if id, ok := b.vocab.ids[text]; ok {
			m.symbols = append(m.symbols, symbol{start: i, end: i + n, id: id})
			unknown = false
		} else if b.hasBytes(text) {
			for k := range len(text) {
				m.symbols = append(m.symbols, symbol{start: i + k, end: i + k + 1, id: b.fallback[text[k]]})
			}
			unknown = false
		} else if b.vocab.unk < 0 {
			// As in the models' own tokenizers, what no token stands for is left out.
		} else if unknown && b.fuse {
			m.symbols[len(m.symbols)-1].end = i + n
		} else {
			m.symbols = append(m.symbols, symbol{start: i, end: i + n, id: b.vocab.unk})
			unknown = true
		}
		i += n
	}
	m.run()
	return m.appendIDs(ids), nil
}

func (b *bpe) hasBytes(text string) bool {
	if b.fallback == nil {
		return false
	}
	for k := range len(text) {
		if b.fallback[text[k]] < 0 {
			return false
		}
	}
	return true
}

func (b *bpe) byteWord(ids []int32, w string, m *merger) ([]int32, error) {
	if b.ignoreMerges && len(w) <= b.vocab.longest {
		var room [128]byte
		visible := room[:0]
		for i := range len(w) {
			visible = utf8.AppendRune(visible, byteRune[w[i]])
		}
		if id, ok := b.vocab.ids[string(visible)]; ok {
			return append(ids, id), nil
		}
	}
	m.symbols = m.symbols[:0]
	for i := range len(w) {
		id := b.byteIDs[w[i]]
		if id < 0 {
			return nil, formatError("the vocabulary has no token for byte 0x%02X", w[i])
		}
		m.symbols = append(m.symbols, symbol{start: i, end: i + 1, id: id})
	}
	m.run()
	return m.appendIDs(ids), nil
}

// byteBPE is the coder of "gpt2" vocabularies.
type byteBPE struct {
	bpe
	steps []step
	clean bool
}

func newBPE(v *vocab, f *gguf.File) (coder, error) {
	name, _ := f.String("tokenizer.ggml.pre")
	pre, err := findPreType(name)
	if err != nil {
		return nil, err
	}
	b := &byteBPE{bpe: bpe{vocab: v, ignoreMerges: pre.ignoreMerges}, clean: pre.clean}
	if b.steps, err = pre.steps(); err != nil {
		return nil, err
	}
	if err := b.readMerges(f); err != nil {
		return nil, err
	}
	v.addRules(f, pre.addBOS)
	if pre.unescaped {
		return newRawBPE(b, pre)
	}
	b.byteIDs = visibleBytes(v)
	return b, nil
}

func (b *bpe) readMerges(f *gguf.File) error {
	list, ok := f.Strings("tokenizer.ggml.merges")
	if !ok {
		return formatError(`metadata key "tokenizer.ggml.merges" is missing`)
	}
	b.merges = make(merges, len(list))
	for i, m := range list {
		left, right, ok := cutMerge(m)
		if !ok {
			return formatError("merge %d, %q, has no two parts", i, m)
		}
		if err := b.addMerge(left, right); err != nil {
			return err
		}
	}
	return nil
}

// cutMerge returns the two parts of "left right". The space between them may be
// preceded by others only in the left one.
func cutMerge(m string) (left, right string, ok bool) {
	at := strings.Index(m[min(1, len(m)):], " ") + 1
	if at < 1 {
		return "", "", false
	}
	return m[:at], m[at+1:], true
}

// signs are what loses the space before it in a vocabulary that cleans up
// (clean_up_tokenization_spaces of the model's own tokenizer).
var signs = strings.NewReplacer(" ?", "?", " !", "!", " .", ".", " ,", ",")

var apostrophe = strings.NewReplacer(" ' ", "'")

var contractions = strings.NewReplacer(" 's", "'s", " 'm", "'m", " 're", "'re", " 've", "'ve")

func cleanUp(text string) string {
	return contractions.Replace(apostrophe.Replace(signs.Replace(text)))
}

func (b *byteBPE) finish(text string) string {
	if b.clean {
		return cleanUp(text)
	}
	return text
}

func (b *byteBPE) encode(ids []int32, text string, _ place) ([]int32, error) {
	words, err := split([]string{text}, b.steps)
	if err != nil {
		return nil, err
	}
	return b.encodeWords(ids, words)
}

// encodeWords appends the ids of words.
func (b *bpe) encodeWords(ids []int32, words []string) ([]int32, error) {
	m := &merger{join: b.join}
	return encodeCached(ids, words, func(ids []int32, w string) ([]int32, error) { return b.word(ids, w, m) })
}

func (b *byteBPE) bytes(id int32) string { return fromVisible(b.vocab.tokens[id]) }

// fromVisible returns the bytes that a token of visible characters stands for.
func fromVisible(token string) string {
	out := make([]byte, 0, len(token))
	for _, r := range token {
		if c, ok := runeByte[r]; ok {
			out = append(out, c)
		} else { // a token that was added as plain text
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}

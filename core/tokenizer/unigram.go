// Unigram ("t5"): of all ways to write a text with tokens, the one whose scores,
// logarithms of probabilities, have the largest sum.
// Source: Kudo, arXiv:1804.10959, and sentencepiece src/unigram_model.cc;
// llama.cpp llm_tokenizer_ugm.

package tokenizer

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gander-lm/gander/core/gguf"
)

func init() { register("t5", newT5) }

// unknownPenalty is how much worse an unknown character is than the worst token.
const unknownPenalty = 10

// unigram finds the best tokens of a text.
type unigram struct {
	trie     *trie
	scores   []float64
	unkScore float64
	unk      int32
	single   bool        // sums are float32, as in SentencePiece: it decides between equals
	fallback *[256]int32 // <0x00> to <0xFF>, for characters that are no token; may be nil
}

// newUnigram makes the model of a vocabulary. Tokens that the model's makers
// defined get the score that userScore gives for their length and the best score.
func newUnigram(v *vocab, scores []float64, userScore func(length int, best float64) float64) (*unigram, error) {
	if len(scores) != len(v.tokens) {
		return nil, formatError("%d tokens and %d scores", len(v.tokens), len(scores))
	}
	if v.unk < 0 {
		return nil, formatError("a unigram vocabulary without a token for what is unknown")
	}
	u := &unigram{scores: slices.Clone(scores), unk: v.unk}
	worst, best := math.Inf(1), math.Inf(-1)
	var words []string
	var ids []int32
	for id, x := range scores {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, formatError("the score of token %d is no number", id)
		}
		switch v.types[id] {
		case typeNormal:
			worst, best = min(worst, x), max(best, x)
			fallthrough
		case typeUserDefined, typeUnused:
			words, ids = append(words, v.tokens[id]), append(ids, int32(id))
		}
	}
	if len(words) == 0 || math.IsInf(best, 0) {
		worst, best = 0, 0
	}
	for _, id := range ids {
		if v.types[id] == typeUserDefined {
			u.scores[id] = userScore(len(v.tokens[id]), best)
		}
	}
	u.unkScore = worst - unknownPenalty
	u.trie = newTrie(words, ids)
	return u, nil
}

// best is the best way to write a text up to a place: its sum, and its last token
// and where that begins.
type best struct {
	sum  float64
	from int
	id   int32
}

// encode appends the tokens of a normalised text. Unknown characters in a row are
// one unknown token.
func (u *unigram) encode(ids []int32, text string, room []best) ([]int32, []best) {
	room = slices.Grow(room[:0], len(text)+1)[:len(text)+1]
	for i := range room {
		room[i] = best{math.Inf(-1), 0, u.unk}
	}
	room[0].sum = 0
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		sum, known := room[i].sum, false
		for node, j := int32(0), i; j < len(text); {
			if node = u.trie.child(node, text[j]); node == 0 {
				break
			}
			j++
			id := u.trie.nodes[node].id
			if id < 0 {
				continue
			}
			known = known || j == i+n
			if s := u.round(sum + u.scores[id]); s > room[j].sum {
				room[j] = best{s, i, id}
			}
		}
		if s := u.round(sum + u.unkScore); !known && s > room[i+n].sum {
			room[i+n] = best{s, i, u.unk}
		}
		i += n
	}
	begin, unknownEnd := len(ids), -1
	for at := len(text); at > 0; at = room[at].from {
		b := room[at]
		if b.id == u.unk && u.fallback == nil {
			if unknownEnd != at {
				ids = append(ids, b.id)
			}
			unknownEnd = b.from
			continue
		}
		if b.id == u.unk {
			for k := at - 1; k >= b.from; k-- {
				ids = append(ids, u.fallback[text[k]])
			}
			continue
		}
		ids = append(ids, b.id)
	}
	slices.Reverse(ids[begin:])
	return ids, room
}

func (u *unigram) round(x float64) float64 {
	if u.single {
		return float64(float32(x))
	}
	return x
}

// t5 is the coder of "t5" vocabularies.
type t5 struct {
	*vocab
	*unigram
	spacer   spacer
	charsmap *charsMap
}

func newT5(v *vocab, f *gguf.File) (coder, error) {
	t := &t5{vocab: v, spacer: spacer{escape: true}}
	scores, ok := f.Floats("tokenizer.ggml.scores")
	if !ok {
		return nil, formatError(`metadata key "tokenizer.ggml.scores" is missing`)
	}
	var err error
	if v.unk, err = v.readID(f, "unknown_token_id", 2); err != nil {
		return nil, err
	}
	if v.eos, err = v.readID(f, "eos_token_id", 1); err != nil {
		return nil, err
	}
	if v.eos >= 0 {
		v.ends[v.eos] = true
	}
	if t.unigram, err = newUnigram(v, scores, func(int, float64) float64 { return 0 }); err != nil {
		return nil, err
	}
	if t.charsmap, err = readCharsMap(f); err != nil {
		return nil, err
	}
	t.spacer.prefix, _ = f.Bool("tokenizer.ggml.add_space_prefix")
	t.spacer.merge, _ = f.Bool("tokenizer.ggml.remove_extra_whitespaces")
	v.addRulesOf(f, false, true)
	return t, nil
}

func readCharsMap(f *gguf.File) (*charsMap, error) {
	values, ok := f.Ints("tokenizer.ggml.precompiled_charsmap")
	if !ok {
		return nil, nil
	}
	data := make([]byte, len(values))
	for i, x := range values {
		data[i] = byte(x)
	}
	return newCharsMap(data)
}

func (t *t5) encode(ids []int32, text string, _ place) ([]int32, error) {
	ids, _ = t.unigram.encode(ids, t.spacer.apply(t.charsmap.apply(text)), nil)
	return ids, nil
}

func (t *t5) bytes(id int32) string {
	if b, ok := byteToken(t.tokens[id]); ok && t.types[id] == typeByte {
		return b
	}
	return strings.ReplaceAll(t.tokens[id], spaceMark, " ")
}

func (t *t5) finish(text string) string {
	if t.spacer.prefix {
		return strings.TrimPrefix(text, " ")
	}
	return text
}

// spacer writes spaces as a SentencePiece model wants them.
type spacer struct {
	prefix bool // the text begins with one
	merge  bool // several are one, and none is at the end
	escape bool // they are written ▁
}

func (s spacer) apply(text string) string {
	mark := " "
	if s.escape {
		mark = spaceMark
	}
	var b strings.Builder
	b.Grow(len(text) + len(text)/4 + 4)
	inWord, begun := false, false
	for from := 0; from < len(text); {
		if text[from] == ' ' {
			inWord = false
			if !s.merge {
				b.WriteString(mark)
			}
			from++
			continue
		}
		end := strings.IndexByte(text[from:], ' ')
		if end < 0 {
			end = len(text) - from
		}
		if !inWord && (s.prefix && !begun || s.merge) {
			b.WriteString(mark)
		}
		inWord, begun = true, true
		b.WriteString(text[from : from+end])
		from += end
	}
	return b.String()
}

// byteToken returns the byte of a token like <0x0A>.
func byteToken(token string) (string, bool) {
	if len(token) != 6 || token[:3] != "<0x" || token[5] != '>' {
		return "", false
	}
	value := 0
	for _, c := range token[3:5] {
		at := strings.IndexRune("0123456789ABCDEF", c)
		if at < 0 {
			return "", false
		}
		value = value<<4 | at
	}
	return string([]byte{byte(value)}), true
}

package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// specials finds the tokens that are cut out of a text before all else.
type specials struct {
	all, always *trie // with and without control tokens
	strip       map[int32]stripRule
}

// stripRule is what an added token of tokenizer.json asks for beyond its text.
type stripRule struct{ left, right, word bool }

// newSpecials makes the finder of ids; pattern gives the text to look for.
func newSpecials(v *vocab, ids []int32, pattern func(int32) string) *specials {
	s := &specials{}
	var all, always []string
	var allIDs, alwaysIDs []int32
	for _, id := range ids {
		all, allIDs = append(all, pattern(id)), append(allIDs, id)
		if v.types[id] == typeUserDefined {
			always, alwaysIDs = append(always, pattern(id)), append(alwaysIDs, id)
		}
	}
	s.all, s.always = newTrie(all, allIDs), newTrie(always, alwaysIDs)
	return s
}

// piece is a stretch of text, or the special token in its place.
type piece struct {
	text string
	id   int32 // -1 for text
}

// partition cuts the text at special tokens, the longest at each place. Tokens
// that the model's makers defined (type user-defined) count always, control
// tokens only when they are to be parsed.
func (s *specials) partition(text string, parse bool) []piece {
	find := s.always
	if parse {
		find = s.all
	}
	var pieces []piece
	from := 0
	for i := 0; i < len(text); i++ {
		if find.root[text[i]] == 0 {
			continue
		}
		end, id := find.longest(text, i)
		if id < 0 {
			continue
		}
		rule := s.strip[id]
		if rule.word && !isolated(text, i, end) {
			continue
		}
		start := i
		if rule.left {
			for start > from {
				r, n := utf8.DecodeLastRuneInString(text[from:start])
				if !unicode.IsSpace(r) {
					break
				}
				start -= n
			}
		}
		if rule.right {
			end = run(text, end, anyNumber, space)
		}
		if from < start {
			pieces = append(pieces, piece{text[from:start], -1})
		}
		pieces = append(pieces, piece{"", id})
		from, i = end, end-1
	}
	if from < len(text) {
		pieces = append(pieces, piece{text[from:], -1})
	}
	return pieces
}

// isolated says whether text[from:end] has no letter or digit beside it.
func isolated(text string, from, end int) bool {
	before, n := utf8.DecodeLastRuneInString(text[:from])
	after, m := utf8.DecodeRuneInString(text[end:])
	return (n == 0 || !isWord(before)) && (m == 0 || !isWord(after))
}

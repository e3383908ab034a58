package tokenizer

import "unicode/utf8"

// cutter cuts a text into words that can be encoded apart, where the vocabulary
// is one of whole texts: no token has what is on the two sides of a cut, so none
// can be made across it.
type cutter struct {
	joined map[rune]bool // characters that some token has before a ▁
}

func newCutter(v *vocab) cutter {
	c := cutter{joined: map[rune]bool{}}
	for _, t := range v.tokens {
		last := rune(-1)
		for _, r := range t {
			if r == '▁' && last >= 0 {
				c.joined[last] = true
			}
			last = r
		}
	}
	return c
}

// words cuts before each ▁ where that is possible.
func (c cutter) words(text string) []string {
	words := make([]string, 0, len(text)/6+1)
	from, last := 0, rune(-1)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == '▁' && i > from && !c.joined[last] {
			words = append(words, text[from:i])
			from = i
		}
		last = r
		i += n
	}
	if from < len(text) {
		words = append(words, text[from:])
	}
	return words
}

package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// class is a set of the kinds of characters that pre-tokenizers tell apart, one
// bit each.
type class uint16

const (
	letter   class = 1 << iota // \p{L}
	number                     // \p{N}
	space                      // \s: White_Space
	mark                       // \p{M}
	punct                      // \p{P}
	symbolic                   // \p{S}
	lineEnd                    // \r and \n
	upper                      // \p{Lu}\p{Lt}
	lower                      // \p{Ll}
	other                      // none of letter, number and space
)

// asciiClass has the classes of the characters that are looked up most.
var asciiClass = func() (t [utf8.RuneSelf]class) {
	for r := range t {
		t[r] = slowClass(rune(r))
	}
	return
}()

func slowClass(r rune) (c class) {
	switch {
	case unicode.IsLetter(r):
		c = letter
		if unicode.IsUpper(r) || unicode.IsTitle(r) {
			c |= upper
		} else if unicode.IsLower(r) {
			c |= lower
		}
		return c
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		c = space
		if r == '\r' || r == '\n' {
			c |= lineEnd
		}
		return c
	}
	c = other
	switch {
	case unicode.IsMark(r):
		c |= mark
	case unicode.IsPunct(r):
		c |= punct
	case unicode.IsSymbol(r):
		c |= symbolic
	}
	return c
}

// classAt returns the class and width of the character at s[i]. A byte that is
// not UTF-8 counts as U+FFFD.
func classAt(s string, i int) (class, int) {
	if b := s[i]; b < utf8.RuneSelf {
		return asciiClass[b], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return slowClass(r), n
}

// run returns the end of the characters from i on that are of one of the
// classes, at most limit of them.
func run(s string, i, limit int, of class) int {
	for n := 0; i < len(s) && n < limit; n++ {
		c, w := classAt(s, i)
		if c&of == 0 {
			break
		}
		i += w
	}
	return i
}

const anyNumber = 1 << 62

// width returns the bytes of the character at s[i].
func width(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}

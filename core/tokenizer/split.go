package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gander-lm/gander/core/errs"
)

// step is one regular expression of a pre-tokenizer: it returns the end of the
// match that begins at s[i], which must exist, i if there is none, ^j if there is none
// before j either, or tooManySteps. Those who call it begin at 0 and go on from each end.
type step func(s string, i int) int

// after returns where to look for a match when a step gave end at s[i], and found none.
func after(s string, i, end int) int { return max(i+width(s, i), ^end) }

// fastSteps are the expressions that most models use, written as functions. The
// others run on the matcher of regex.go, which the tests hold these to.
var fastSteps = map[string]step{
	patternGPT2:       matchGPT2,
	patternGPT2HF:     matchGPT2,
	`\p{N}`:           func(s string, i int) int { return run(s, i, 1, number) },
	`\p{N}{1,3}`:      func(s string, i int) int { return run(s, i, 3, number) },
	`\p{N}+`:          func(s string, i int) int { return run(s, i, anyNumber, number) },
	`[0-9][0-9][0-9]`: matchThreeDigits,
	`\s+$`:            matchSpacesAtEnd,
	patternThousands:  matchThousands,
	patternLlama3:     words{contractions: true, digits: 3, tail: "\r\n"}.match,
	patternQwen2:      words{contractions: true, digits: 1, tail: "\r\n"}.match,
	patternQwen35:     words{contractions: true, digits: 1, tail: "\r\n", marks: mark}.match,
	patternTekken:     words{cased: true, digits: 1, tail: "\r\n/"}.match,
	patternO200K:      words{cased: true, suffix: true, digits: 3, tail: "\r\n/"}.match,
}

// Expressions that have a function. Sources: tokenizer.json of the models; those
// of tekken and o200k in the form of llama.cpp, where a letter beyond ASCII is
// both a capital and a small one.
const (
	patternGPT2       = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`
	patternGPT2HF     = patternGPT2 + `|\s+`
	patternLlama3     = contraction + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}` + signsAndSpaces
	patternQwen2      = contraction + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}` + signsAndSpaces
	patternQwen35     = contraction + `|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*` + spaces
	patternTekken     = lead + `((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+|` + lead + `((?=[\p{L}])([^a-z]))+((?=[\p{L}])([^A-Z]))*|\p{N}` + signsWithSlash
	patternO200K      = lead + `((?=[\p{L}])([^a-z]))*((?=[\p{L}])([^A-Z]))+` + contraction + `?|` + lead + `((?=[\p{L}])([^a-z]))+((?=[\p{L}])([^A-Z]))*` + contraction + `?|\p{N}{1,3}` + signsWithSlash
	contraction       = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	lead              = `[^\r\n\p{L}\p{N}]?`
	spaces            = `|\s*[\r\n]+|\s+(?!\S)|\s+`
	signsAndSpaces    = `| ?[^\s\p{L}\p{N}]+[\r\n]*` + spaces
	signsWithSlash    = `| ?[^\s\p{L}\p{N}]+[\r\n/]*` + spaces
	patternThousands  = `\d{1,3}(?=(?:\d{3})*\b)`
	patternO200KClass = lead + `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` + contraction + `?|` + lead + `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` + contraction + `?|\p{N}{1,3}` + signsWithSlash
)

// split cuts pieces of text by the steps: each cuts every piece that the ones
// before it left into its matches and what lies between them. Joined, the words
// are the text.
func split(pieces []string, steps []step) ([]string, error) {
	length := 0
	for _, p := range pieces {
		length += len(p)
	}
	for _, match := range steps {
		next := make([]string, 0, len(pieces)+length/6)
		for _, s := range pieces {
			var err error
			if next, err = appendMatches(next, s, match); err != nil {
				return nil, err
			}
		}
		pieces = next
	}
	return pieces, nil
}

var errTooManySteps = &errs.UnsupportedError{What: "a text on which the model's own regular expression takes too many steps"}

func appendMatches(out []string, s string, match step) ([]string, error) {
	from := 0
	for i := 0; i < len(s); {
		end := match(s, i)
		if end == tooManySteps {
			return nil, errTooManySteps
		}
		if end <= i {
			i = after(s, i, end)
			continue
		}
		if from < i {
			out = append(out, s[from:i])
		}
		out = append(out, s[i:end])
		i, from = end, end
	}
	if from < len(s) {
		out = append(out, s[from:])
	}
	return out, nil
}

// matchGPT2 is patternGPT2, with |\s+ or without: what lies between matches is a
// word of its own, and that is what \s+ would match.
func matchGPT2(s string, i int) int {
	if end := matchContraction(s, i, false); end > i {
		return end
	}
	j := i
	if s[i] == ' ' && i+1 < len(s) {
		j++
	}
	if c, w := classAt(s, j); c&(letter|number|other) != 0 {
		return run(s, j+w, anyNumber, c&(letter|number|other))
	}
	return matchSpaces(s, i)
}

// matchContraction: 's|'t|'re|'ve|'m|'ll|'d, in capitals too with fold.
func matchContraction(s string, i int, fold bool) int {
	if s[i] != '\'' || i+1 == len(s) {
		return i
	}
	at := func(k int) byte {
		if k >= len(s) {
			return 0
		}
		if b := s[k]; fold && b >= 'A' && b <= 'Z' {
			return b + 'a' - 'A'
		}
		return s[k]
	}
	next := at(i + 2)
	switch at(i + 1) {
	case 's', 't', 'm', 'd':
		return i + 2
	case 'r', 'v':
		if next == 'e' {
			return i + 3
		}
	case 'l':
		if next == 'l' {
			return i + 3
		}
	}
	// U+017F, the long s, is an s to (?i).
	if fold && i+2 < len(s) && s[i+1:i+3] == "ſ" {
		return i + 3
	}
	return i
}

// matchSpaces: \s+(?!\S)|\s+ — all spaces at the end of the text, else all but
// the last of several.
func matchSpaces(s string, i int) int {
	end := run(s, i, anyNumber, space)
	if end == len(s) || end == i {
		return end
	}
	_, last := utf8.DecodeLastRuneInString(s[i:end])
	if end-last > i {
		return end - last
	}
	return end
}

// matchSpacesAtEnd: \s+$ — spaces up to the end of a line. Of spaces before something else it
// looks at the first only: the matcher would try from each of them.
func matchSpacesAtEnd(s string, i int) int {
	end := run(s, i, anyNumber, space)
	if end == len(s) || end == i {
		return end
	}
	if at := strings.LastIndexByte(s[i+1:end], '\n'); at >= 0 {
		return i + 1 + at
	}
	return ^end
}

// words are the expressions of the family of OpenAI's cl100k and o200k.
type words struct {
	contractions bool   // (?i:'s|'t|'re|'ve|'m|'ll|'d) on their own
	cased        bool   // letters: capitals then small ones, instead of \p{L}+
	suffix       bool   // a contraction may end a cased word
	marks        class  // mark: a combining mark is part of a word
	digits       int    // \p{N}{1,digits}
	tail         string // what may follow signs
}

// match: contraction | [^\r\n\p{L}\p{N}]?LETTERS | \p{N}{1,digits} |
// ?[^\s\p{L}\p{N}]+[tail]* | \s*[\r\n]+ | \s+(?!\S) | \s+
func (w words) match(s string, i int) int {
	if w.contractions && s[i] == '\'' {
		if end := matchContraction(s, i, true); end > i {
			return end
		}
	}
	c, n := classAt(s, i)
	if c&(letter|number|lineEnd) == 0 && i+n < len(s) {
		if end := w.letters(s, i+n); end > i+n {
			return end
		}
	}
	if c&(letter|w.marks) != 0 {
		if end := w.letters(s, i); end > i {
			return end
		}
	}
	if c&number != 0 {
		return run(s, i, w.digits, number)
	}
	j := i
	if s[i] == ' ' {
		j++
	}
	if end := w.signs(s, j); end > j {
		for end < len(s) && (s[end] == w.tail[0] || s[end] == w.tail[1] || len(w.tail) > 2 && s[end] == w.tail[2]) {
			end++
		}
		return end
	}
	if c&space == 0 {
		return i
	}
	if end := lastLineEnd(s, i); end > i {
		return end
	}
	return matchSpaces(s, i)
}

// signs: [^\s\p{L}\p{N}]+, without \p{M} where marks are part of words.
func (w words) signs(s string, i int) int {
	if w.marks == 0 {
		return run(s, i, anyNumber, other)
	}
	for i < len(s) {
		c, n := classAt(s, i)
		if c&other == 0 || c&w.marks != 0 {
			break
		}
		i += n
	}
	return i
}

// lastLineEnd: \s*[\r\n]+ — the spaces up to the last line end among them.
func lastLineEnd(s string, i int) int {
	end := run(s, i, anyNumber, space)
	for end > i && s[end-1] != '\r' && s[end-1] != '\n' {
		end--
	}
	return end
}

// letters matches a word at i. Cased words are UPPER*LOWER+ | UPPER+LOWER*, where
// a letter beyond ASCII counts as both.
func (w words) letters(s string, i int) int {
	if !w.cased {
		return run(s, i, anyNumber, letter|w.marks)
	}
	small := func(k int) bool { return s[k] >= 'a' && s[k] <= 'z' }
	big := func(k int) bool { return s[k] >= 'A' && s[k] <= 'Z' }
	caps := i
	for caps < len(s) {
		c, n := classAt(s, caps)
		if c&letter == 0 || small(caps) {
			break
		}
		caps += n
	}
	lowerRun := func(k int) int {
		for k < len(s) {
			c, n := classAt(s, k)
			if c&letter == 0 || big(k) {
				break
			}
			k += n
		}
		return k
	}
	end := lowerRun(caps)
	for j := caps; end == j && j > i; { // give capitals back until a small letter follows
		_, n := utf8.DecodeLastRuneInString(s[i:j])
		j -= n
		if e := lowerRun(j); e > j {
			end = e
			break
		}
		end = j
	}
	if end == i {
		end = caps
	}
	if w.suffix && end > i && end < len(s) {
		end = matchContraction(s, end, true)
	}
	return end
}

// matchThreeDigits: [0-9][0-9][0-9]
func matchThreeDigits(s string, i int) int {
	if i+3 > len(s) {
		return i
	}
	for k := i; k < i+3; k++ {
		if s[k] < '0' || s[k] > '9' {
			return i
		}
	}
	return i + 3
}

// matchThousands: \d{1,3}(?=(?:\d{3})*\b) — the first digits of a number that no letter
// follows, so many that threes are left. It reads a number once, so that the time that a long
// one takes doesn't grow with the square of its length.
func matchThousands(s string, i int) int {
	digits, end := 0, i
	if before, _ := utf8.DecodeLastRuneInString(s[:i]); unicode.IsDigit(before) {
		if r, _ := utf8.DecodeRuneInString(s[i:]); unicode.IsDigit(r) {
			digits = 3 // the match that ended here has left threes
		}
	} else {
		for end < len(s) {
			r, n := utf8.DecodeRuneInString(s[end:])
			if !unicode.IsDigit(r) {
				if isWord(r) {
					return ^end
				}
				break
			}
			digits, end = digits+1, end+n
		}
	}
	if digits == 0 {
		return i
	}
	end = i
	for range (digits-1)%3 + 1 {
		end += width(s, end)
	}
	return end
}

package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// preTokenizer cuts text into the words within which bytes are joined. Each step
// is one regular expression of the model's makers, written as a function, since
// package regexp has no lookahead. A step cuts every stretch that the steps
// before it left into its matches and what lies between them.
type preTokenizer struct {
	steps        []step
	ignoreMerges bool // a word that is a token is taken whole
	addBOS       bool // unless the file says otherwise
	clean        bool // decoding takes out spaces before signs
}

// step returns the end of the match that begins at i, or i if there is none.
type step func(s string, i int) int

// preTokenizers are the values of tokenizer.ggml.pre.
// Source of names and expressions: llama.cpp src/llama-vocab.cpp.
var preTokenizers = func() map[string]preTokenizer {
	gpt2 := preTokenizer{steps: []step{matchGPT2}, clean: true}
	digits := preTokenizer{steps: []step{matchNumber, matchGPT2}, clean: true}
	llama3 := preTokenizer{steps: []step{words{contractions: true, digits: 3, tail: "\r\n"}.match}, ignoreMerges: true, addBOS: true, clean: true}
	qwen2 := preTokenizer{steps: []step{words{contractions: true, digits: 1, tail: "\r\n"}.match}}
	return map[string]preTokenizer{
		"default":          {steps: []step{matchPunctuation(""), matchGPT2, matchNumbers, matchThreeDigits}, clean: true},
		"gpt-2":            gpt2,
		"phi-2":            gpt2,
		"olmo":             gpt2,
		"mpt":              gpt2,
		"jina-v2-code":     gpt2,
		"roberta-bpe":      gpt2,
		"modern-bert":      gpt2,
		"falcon":           {steps: []step{matchPunctuation("`"), matchGPT2, matchThreeDigits}, clean: true},
		"starcoder":        digits,
		"refact":           digits,
		"command-r":        {steps: digits.steps},
		"smollm":           {steps: digits.steps},
		"codeshell":        digits,
		"llama-bpe":        llama3,
		"llama3":           llama3,
		"llama-v3":         llama3,
		"smaug-bpe":        {steps: llama3.steps},
		"dbrx":             {steps: llama3.steps},
		"qwen2":            qwen2,
		"stablelm2":        qwen2,
		"deepseek-r1-qwen": qwen2,
		"tekken":           {steps: []step{words{cased: true, digits: 1, tail: "\r\n/"}.match}, ignoreMerges: true, addBOS: true},
		"gpt-4o":           {steps: []step{words{cased: true, suffix: true, digits: 3, tail: "\r\n/"}.match}},
	}
}()

// split returns the words of a text; joined they are the text.
func (p preTokenizer) split(text string) []string {
	pieces := []string{text}
	for _, match := range p.steps {
		var next []string
		for _, s := range pieces {
			from := 0
			for i := 0; i < len(s); {
				end := match(s, i)
				if end == i {
					i += width(s, i)
					continue
				}
				if from < i {
					next = append(next, s[from:i])
				}
				next = append(next, s[i:end])
				i, from = end, end
			}
			if from < len(s) {
				next = append(next, s[from:])
			}
		}
		pieces = next
	}
	return pieces
}

func width(s string, i int) int { _, n := utf8.DecodeRuneInString(s[i:]); return n }

// at returns the rune at i; a byte that is not UTF-8 is U+FFFD, of class other.
func at(s string, i int) rune {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return r
}

// run returns the end of the runes from i on that are of a class, at most max of them.
func run(s string, i, max int, class func(rune) bool) int {
	for n := 0; i < len(s) && n < max; n++ {
		r, w := utf8.DecodeRuneInString(s[i:])
		if !class(r) {
			break
		}
		i += w
	}
	return i
}

const anyNumber = 1 << 62

func isOther(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r)
}

func isLineEnd(r rune) bool { return r == '\r' || r == '\n' }

// matchGPT2: 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func matchGPT2(s string, i int) int {
	if end := matchContraction(s, i, false); end > i {
		return end
	}
	j := i
	if s[i] == ' ' {
		j++
	}
	for _, class := range []func(rune) bool{unicode.IsLetter, unicode.IsNumber, isOther} {
		if end := run(s, j, anyNumber, class); end > j {
			return end
		}
	}
	return matchSpaces(s, i)
}

// matchContraction: 's|'t|'re|'ve|'m|'ll|'d, in capitals too with fold.
func matchContraction(s string, i int, fold bool) int {
	if s[i] != '\'' {
		return i
	}
	for _, c := range []string{"s", "t", "re", "ve", "m", "ll", "d"} {
		end := i + 1 + len(c)
		if end > len(s) {
			continue
		}
		same := true
		for k := range len(c) {
			b := s[i+1+k]
			if fold && b >= 'A' && b <= 'Z' {
				b += 'a' - 'A'
			}
			same = same && b == c[k]
		}
		if same {
			return end
		}
	}
	return i
}

// matchSpaces: \s+(?!\S)|\s+ — all spaces at the end of the text, else all but
// the last of several.
func matchSpaces(s string, i int) int {
	end := run(s, i, anyNumber, unicode.IsSpace)
	if end == len(s) || end == i {
		return end
	}
	_, last := utf8.DecodeLastRuneInString(s[i:end])
	if end-last > i {
		return end - last
	}
	return end
}

// words are the expressions of the family of OpenAI's cl100k and o200k.
type words struct {
	contractions bool   // (?i:'s|'t|'re|'ve|'m|'ll|'d) on their own
	cased        bool   // letters: capitals then small ones, instead of \p{L}+
	suffix       bool   // a contraction may end a cased word
	digits       int    // \p{N}{1,digits}
	tail         string // what may follow signs
}

// match: contraction | [^\r\n\p{L}\p{N}]?LETTERS | \p{N}{1,digits} |
// ?[^\s\p{L}\p{N}]+[tail]* | \s*[\r\n]+ | \s+(?!\S) | \s+
func (w words) match(s string, i int) int {
	if w.contractions {
		if end := matchContraction(s, i, true); end > i {
			return end
		}
	}
	r := at(s, i)
	j := i
	if !isLineEnd(r) && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
		j += width(s, i)
	}
	if end := w.letters(s, j); end > j {
		return end
	}
	if end := run(s, i, w.digits, unicode.IsNumber); end > i {
		return end
	}
	j = i
	if s[i] == ' ' {
		j++
	}
	if end := run(s, j, anyNumber, isOther); end > j {
		return run(s, end, anyNumber, func(r rune) bool {
			for _, t := range w.tail {
				if r == t {
					return true
				}
			}
			return false
		})
	}
	if end := lastLineEnd(s, i); end > i {
		return end
	}
	return matchSpaces(s, i)
}

// lastLineEnd: \s*[\r\n]+ — the spaces up to the last line end among them.
func lastLineEnd(s string, i int) int {
	end := run(s, i, anyNumber, unicode.IsSpace)
	for end > i && !isLineEnd(rune(s[end-1])) {
		end--
	}
	return end
}

// letters matches a word at i. Cased words are UPPER*LOWER+ | UPPER+LOWER*, where
// a letter beyond ASCII counts as both.
func (w words) letters(s string, i int) int {
	if !w.cased {
		return run(s, i, anyNumber, unicode.IsLetter)
	}
	upper := func(r rune) bool { return unicode.IsLetter(r) && !(r >= 'a' && r <= 'z') }
	lower := func(r rune) bool { return unicode.IsLetter(r) && !(r >= 'A' && r <= 'Z') }
	caps := run(s, i, anyNumber, upper)
	end := run(s, caps, anyNumber, lower)
	for j := caps; end == j && j > i; { // give capitals back until a small letter follows
		_, n := utf8.DecodeLastRuneInString(s[i:j])
		j -= n
		if e := run(s, j, anyNumber, lower); e > j {
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

// matchNumber: \p{N}
func matchNumber(s string, i int) int { return run(s, i, 1, unicode.IsNumber) }

// matchNumbers: \p{N}+
func matchNumbers(s string, i int) int { return run(s, i, anyNumber, unicode.IsNumber) }

// matchThreeDigits: [0-9][0-9][0-9]
func matchThreeDigits(s string, i int) int {
	if end := run(s, i, 3, func(r rune) bool { return r >= '0' && r <= '9' }); end == i+3 {
		return end
	}
	return i
}

// matchPunctuation: [\p{P}\$\+<=>\^~\|…]+ with more signs.
func matchPunctuation(more string) step {
	signs := "$+<=>^~|" + more
	return func(s string, i int) int {
		return run(s, i, anyNumber, func(r rune) bool {
			if unicode.IsPunct(r) {
				return true
			}
			for _, c := range signs {
				if r == c {
					return true
				}
			}
			return false
		})
	}
}

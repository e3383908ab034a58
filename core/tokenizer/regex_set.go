package tokenizer

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// set is a set of characters.
type set struct {
	ascii [utf8.RuneSelf]bool
	test  func(rune) bool
}

func newSet(test func(rune) bool) *set {
	s := &set{test: test}
	for r := range s.ascii {
		s.ascii[r] = test(rune(r))
	}
	return s
}

func (s *set) has(r rune) bool {
	if r >= 0 && r < utf8.RuneSelf {
		return s.ascii[r]
	}
	return s.test(r)
}

// end returns the end of the character at t[i] if it is in the set, or -1.
func (s *set) end(t string, i int) int {
	if i >= len(t) {
		return -1
	}
	if b := t[i]; b < utf8.RuneSelf {
		if s.ascii[b] {
			return i + 1
		}
		return -1
	}
	if r, n := utf8.DecodeRuneInString(t[i:]); s.test(r) {
		return i + n
	}
	return -1
}

// properties are the names in \p{...}. The tables are named one by one so that
// the linker leaves out those of the scripts that no tokenizer asks for.
var properties = map[string][]*unicode.RangeTable{
	"L": {unicode.L}, "Lu": {unicode.Lu}, "Ll": {unicode.Ll}, "Lt": {unicode.Lt}, "Lm": {unicode.Lm}, "Lo": {unicode.Lo},
	"M": {unicode.M}, "Mn": {unicode.Mn}, "Mc": {unicode.Mc}, "Me": {unicode.Me},
	"N": {unicode.N}, "Nd": {unicode.Nd}, "Nl": {unicode.Nl}, "No": {unicode.No},
	"P": {unicode.P}, "Pc": {unicode.Pc}, "Pd": {unicode.Pd}, "Ps": {unicode.Ps}, "Pe": {unicode.Pe}, "Pi": {unicode.Pi}, "Pf": {unicode.Pf}, "Po": {unicode.Po},
	"S": {unicode.S}, "Sm": {unicode.Sm}, "Sc": {unicode.Sc}, "Sk": {unicode.Sk}, "So": {unicode.So},
	"Z": {unicode.Z}, "Zs": {unicode.Zs}, "Zl": {unicode.Zl}, "Zp": {unicode.Zp},
	"C": {unicode.C}, "Cc": {unicode.Cc}, "Cf": {unicode.Cf},
	"Han": {unicode.Han}, "Hiragana": {unicode.Hiragana}, "Katakana": {unicode.Katakana}, "Hangul": {unicode.Hangul}, "Thai": {unicode.Thai},
	"Latin": {unicode.Latin}, "Greek": {unicode.Greek}, "Cyrillic": {unicode.Cyrillic}, "Arabic": {unicode.Arabic}, "Hebrew": {unicode.Hebrew}, "Devanagari": {unicode.Devanagari},
	"Bopomofo": {unicode.Bopomofo}, "Lao": {unicode.Lao}, "Khmer": {unicode.Khmer}, "Myanmar": {unicode.Myanmar}, "Tamil": {unicode.Tamil}, "Bengali": {unicode.Bengali},
	"Alpha": {unicode.L, unicode.M, unicode.Nl}, "Alnum": {unicode.L, unicode.M, unicode.N}, "Punct": {unicode.P}, "Space": {unicode.White_Space},
}

func in(tables ...*unicode.RangeTable) func(rune) bool {
	return func(r rune) bool { return unicode.IsOneOf(tables, r) }
}

func not(test func(rune) bool) func(rune) bool { return func(r rune) bool { return !test(r) } }

func isWord(r rune) bool { return unicode.IsOneOf(wordTables, r) }

var wordTables = []*unicode.RangeTable{unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc}

// escape reads what follows a backslash and stands for a character or a class.
func (p *regexParser) escape() func(rune) bool {
	switch r := p.rune(); r {
	case 's':
		return unicode.IsSpace
	case 'S':
		return not(unicode.IsSpace)
	case 'd':
		return in(unicode.Nd)
	case 'D':
		return not(in(unicode.Nd))
	case 'w':
		return isWord
	case 'W':
		return not(isWord)
	case 'p', 'P':
		return p.property(r == 'P')
	default:
		return p.folded(p.control(r))
	}
}

// control returns the character that a backslash and r stand for.
func (p *regexParser) control(r rune) rune {
	switch r {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'f':
		return '\f'
	case 'v':
		return '\v'
	case 'x', 'u':
		digits := map[rune]int{'x': 2, 'u': 4}[r]
		text := ""
		if r == 'x' && p.eat("{") {
			text, _, _ = strings.Cut(p.pattern[p.i:], "}")
			p.i++
		} else {
			text = p.pattern[p.i:min(p.i+digits, len(p.pattern))]
		}
		p.i += len(text)
		n, err := strconv.ParseUint(text, 16, 32)
		if err != nil || n > unicode.MaxRune || p.i > len(p.pattern) {
			p.fail("a character code that is none")
		}
		return rune(n)
	}
	if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		p.fail(`an unknown escape \%c`, r)
	}
	return r
}

func (p *regexParser) property(negative bool) func(rune) bool {
	name := ""
	if p.eat("{") {
		var closed bool
		if name, _, closed = strings.Cut(p.pattern[p.i:], "}"); !closed {
			p.fail("a property without an end")
		}
		p.i += len(name) + 1
	} else {
		name = string(p.rune())
	}
	if inner, ok := strings.CutPrefix(name, "^"); ok {
		name, negative = inner, !negative
	}
	tables, ok := properties[name]
	if !ok {
		p.fail("an unknown property %q", name)
	}
	if negative {
		return not(in(tables...))
	}
	return in(tables...)
}

// class reads a class after its opening bracket.
func (p *regexParser) class(depth int) *set {
	if depth > 100 {
		p.fail("too many classes in one another")
	}
	negative := p.eat("^")
	var all, tests []func(rune) bool
	anyOf := func(tests []func(rune) bool) func(rune) bool {
		return func(r rune) bool {
			for _, t := range tests {
				if t(r) {
					return true
				}
			}
			return false
		}
	}
	for first := true; ; first = false {
		switch {
		case !p.more():
			p.fail("a class without an end")
		case !first && p.eat("]"):
			all = append(all, anyOf(tests))
			test := func(r rune) bool {
				for _, t := range all {
					if !t(r) {
						return false
					}
				}
				return true
			}
			if p.fold {
				test = foldedTest(test)
			}
			if negative {
				test = not(test)
			}
			return newSet(test)
		case p.eat("&&"):
			all, tests = append(all, anyOf(tests)), nil
		case p.eat("[:"):
			p.fail("a POSIX class")
		case p.eat("["):
			tests = append(tests, p.class(depth+1).has)
		default:
			tests = append(tests, p.classItem())
		}
	}
}

// classItem reads a character, a range or an escape in a class.
func (p *regexParser) classItem() func(rune) bool {
	low := p.rune()
	if low == '\\' {
		if p.more() && strings.IndexByte("sSdDwWpP", p.pattern[p.i]) >= 0 {
			return p.escape()
		}
		low = p.control(p.rune())
	}
	rest := p.pattern[p.i:]
	if !strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "-]") || strings.HasPrefix(rest, "-&&") {
		return func(r rune) bool { return r == low }
	}
	p.i++
	high := p.rune()
	if high == '\\' {
		high = p.control(p.rune())
	}
	if high < low {
		p.fail("a range that runs backwards")
	}
	return func(r rune) bool { return low <= r && r <= high }
}

package chat

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a token is.
type kind uint8

const (
	tokEnd   kind = iota
	tokData       // text outside of tags
	tokPrint      // {{
	tokPrintEnd
	tokBlock // {%
	tokBlockEnd
	tokName
	tokString
	tokNumber
	tokOp
)

// token is a piece of a template.
type token struct {
	kind kind
	text string // of a string: without quotes and escapes
	num  value  // of a number: int64 or float64
	line int
}

// lexer cuts a template into tokens as jinja2's lexer.py does with trim_blocks and
// lstrip_blocks.
type lexer struct {
	src    string
	pos    int
	line   int
	tokens []token
}

func lex(source string) []token {
	source = strings.ReplaceAll(source, "\r\n", "\n")
	source = strings.ReplaceAll(source, "\r", "\n")
	source = strings.TrimSuffix(source, "\n") // keep_trailing_newline is off
	l := &lexer{src: source, line: 1}
	for l.pos < len(l.src) {
		l.root()
	}
	l.emit(tokEnd, "")
	return l.tokens
}

func (l *lexer) emit(k kind, text string) {
	l.tokens = append(l.tokens, token{kind: k, text: text, line: l.line})
}

// advance moves on by n bytes and counts the lines.
func (l *lexer) advance(n int) {
	l.line += strings.Count(l.src[l.pos:l.pos+n], "\n")
	l.pos += n
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.src[l.pos:], prefix) }

// skipSpace moves on past white space.
func (l *lexer) skipSpace() { l.advance(leadingSpace(l.src[l.pos:])) }

// trimNewline moves on past one newline, as trim_blocks says.
func (l *lexer) trimNewline() {
	if l.has("\n") {
		l.advance(1)
	}
}

// root reads text up to a tag, and the tag.
func (l *lexer) root() {
	rest := l.src[l.pos:]
	open := -1
	for i := 0; i+1 < len(rest); i++ {
		if c := rest[i+1]; rest[i] == '{' && (c == '{' || c == '%' || c == '#') {
			open = i
			break
		}
	}
	if open < 0 {
		l.emit(tokData, rest)
		l.advance(len(rest))
		return
	}
	tag := rest[open+1]
	l.data(rest[:open], rest[open+2:], tag != '{')
	l.advance(open + 2)
	raw := 0
	if tag == '%' {
		raw = rawTag(l.src[l.pos:])
	}
	if raw == 0 && (l.has("-") || l.has("+")) {
		l.advance(1)
	}
	switch {
	case raw > 0:
		l.raw(raw)
	case tag == '#':
		l.comment()
	case tag == '{':
		l.emit(tokPrint, "")
		l.inside(tokPrintEnd)
	default:
		l.emit(tokBlock, "")
		l.inside(tokBlockEnd)
	}
}

// data emits text that a tag follows, of which after is the part behind its first
// two bytes. It strips what the tag asks to be stripped.
func (l *lexer) data(text, after string, block bool) {
	switch {
	case strings.HasPrefix(after, "-"):
		text = strings.TrimRightFunc(text, isSpace)
	case block && !strings.HasPrefix(after, "+"): // lstrip_blocks
		start := strings.LastIndexByte(text, '\n') + 1
		atLine := start > 0 || l.pos == 0 || l.src[l.pos-1] == '\n'
		if atLine && leadingSpace(text[start:]) == len(text)-start {
			text = text[:start]
		}
	}
	if text != "" {
		l.emit(tokData, text)
	}
}

// rawTag returns the length of the rest of a raw tag, from after "{%", or 0.
func rawTag(s string) int {
	rest := s
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	rest, ok := strings.CutPrefix(rest[leadingSpace(rest):], "raw")
	if !ok {
		return 0
	}
	rest = rest[leadingSpace(rest):]
	if after, ok := strings.CutPrefix(rest, "-%}"); ok {
		return len(s) - len(after) + leadingSpace(after)
	}
	if after, ok := strings.CutPrefix(rest, "%}"); ok {
		return len(s) - len(after)
	}
	return 0
}

// raw reads text up to endraw, tags or not.
func (l *lexer) raw(tag int) {
	line := l.line
	l.advance(tag)
	for from := l.pos; ; {
		i := strings.Index(l.src[from:], "{%")
		if i < 0 {
			failAt(line, "the end of this raw block is missing")
		}
		at := from + i
		from = at + 2
		rest := l.src[from:]
		after := rest
		if after != "" && (after[0] == '-' || after[0] == '+') {
			after = after[1:]
		}
		after, ok := strings.CutPrefix(after[leadingSpace(after):], "endraw")
		if !ok {
			continue
		}
		after = after[leadingSpace(after):]
		end := blockEnd(after)
		if end == 0 {
			continue
		}
		l.data(l.src[l.pos:at], rest, true)
		l.advance(len(l.src) - len(after) + end - l.pos)
		return
	}
}

// blockEnd returns the length of the end of a block tag, with the white space that
// goes with it, or 0 if s does not begin with one.
func blockEnd(s string) int {
	switch {
	case strings.HasPrefix(s, "+%}"):
		return 3
	case strings.HasPrefix(s, "-%}"):
		return 3 + leadingSpace(s[3:])
	case strings.HasPrefix(s, "%}\n"):
		return 3
	case strings.HasPrefix(s, "%}"):
		return 2
	}
	return 0
}

// comment skips a comment.
func (l *lexer) comment() {
	i := strings.Index(l.src[l.pos:], "#}")
	if i < 0 {
		failAt(l.line, "the end of this comment is missing")
	}
	sign := byte(0)
	if i > 0 {
		sign = l.src[l.pos+i-1]
	}
	l.advance(i + 2)
	switch sign {
	case '-':
		l.skipSpace()
	case '+':
	default:
		l.trimNewline()
	}
}

// operators, longer ones first.
var operators = []string{"//", "**", "==", "!=", ">=", "<=",
	"+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"}

// closing maps an opening bracket to its partner.
var closing = map[string]string{"(": ")", "[": "]", "{": "}"}

// inside reads the tokens of a tag up to its end.
func (l *lexer) inside(end kind) {
	var open []string // the brackets that wait to be closed
	for {
		l.skipSpace()
		if l.pos == len(l.src) {
			failAt(l.line, "the end of the tag is missing")
		}
		if n := l.tagEnd(end); n > 0 && len(open) == 0 {
			l.emit(end, "")
			l.advance(n)
			return
		}
		op := l.item()
		switch op {
		case "(", "[", "{":
			open = append(open, closing[op])
		case ")", "]", "}":
			if len(open) == 0 || open[len(open)-1] != op {
				failAt(l.line, "unexpected %q", op)
			}
			open = open[:len(open)-1]
		}
	}
}

// tagEnd returns the length of the end of a tag, if it is here.
func (l *lexer) tagEnd(end kind) int {
	rest := l.src[l.pos:]
	switch {
	case end == tokBlockEnd:
		return blockEnd(rest)
	case strings.HasPrefix(rest, "-}}"):
		return 3 + leadingSpace(rest[3:])
	case strings.HasPrefix(rest, "}}"):
		return 2
	}
	return 0
}

// item reads a number, name, string or operator, and returns the operator.
func (l *lexer) item() string {
	rest := l.src[l.pos:]
	c, _ := utf8.DecodeRuneInString(rest)
	switch {
	case c >= '0' && c <= '9':
		l.number()
	case c == '_' || unicode.IsLetter(c):
		n := strings.IndexFunc(rest, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if n < 0 {
			n = len(rest)
		}
		l.emit(tokName, rest[:n])
		l.advance(n)
	case c == '"' || c == '\'':
		l.str(rest[0])
	default:
		for _, op := range operators {
			if strings.HasPrefix(rest, op) {
				l.emit(tokOp, op)
				l.advance(len(op))
				return op
			}
		}
		failAt(l.line, "unexpected character %q", c)
	}
	return ""
}

// number reads an integer or a float. After a dot it is an index, so that x.0.1
// is two of them.
func (l *lexer) number() {
	s := l.src[l.pos:]
	afterDot := l.pos > 0 && l.src[l.pos-1] == '.'
	n, float := 0, false
	if len(s) > 2 && s[0] == '0' && strings.ContainsRune("xXoObB", rune(s[1])) {
		n = 2 + span(s[2:], "0123456789abcdefABCDEF_")
	} else {
		const digits = "0123456789_"
		n = span(s, digits)
		if k := fraction(s[n:], digits); k > 0 && !afterDot {
			n, float = n+k, true
		}
		if k := exponent(s[n:], digits); k > 0 && !afterDot {
			n, float = n+k, true
		}
	}
	text := strings.ReplaceAll(s[:n], "_", "")
	t := token{kind: tokNumber, text: text, line: l.line}
	var err error
	if float {
		t.num, err = strconv.ParseFloat(text, 64)
	} else if len(text) > 1 && text[0] == '0' && text[1] > '9' {
		t.num, err = strconv.ParseInt(text, 0, 64)
	} else {
		t.num, err = strconv.ParseInt(text, 10, 64)
	}
	if err != nil {
		failAt(l.line, "the number %s is malformed or too large", text)
	}
	l.tokens = append(l.tokens, t)
	l.advance(n)
}

// span returns how many bytes at the start of s are in set.
func span(s, set string) int {
	n := 0
	for n < len(s) && strings.IndexByte(set, s[n]) >= 0 {
		n++
	}
	return n
}

func fraction(s, digits string) int {
	if len(s) < 2 || s[0] != '.' || s[1] < '0' || s[1] > '9' {
		return 0
	}
	return 1 + span(s[1:], digits)
}

func exponent(s, digits string) int {
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return 0
	}
	n := 1
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	if k := span(s[n:], digits); k > 0 {
		return n + k
	}
	return 0
}

package chat

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// str reads a string literal.
func (l *lexer) str(quote byte) {
	line := l.line
	s := l.src[l.pos+1:]
	n := 0
	for n < len(s) && s[n] != quote {
		if s[n] == '\\' {
			n++
		}
		n++
	}
	if n >= len(s) {
		failAt(line, "the end of this string is missing")
	}
	l.emit(tokString, unescape(s[:n], line))
	l.advance(n + 2)
}

// simpleEscapes are Python's escapes of one character.
const simpleEscapes = `\\''""a` + "\a" + `b` + "\b" + `f` + "\f" + `n` + "\n" + `r` + "\r" + `t` + "\t" + `v` + "\v"

// unescape resolves the escapes of a Python string; one that it doesn't know stays
// as it is.
func unescape(s string, line int) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	var b strings.Builder
	for ; i >= 0; i = strings.IndexByte(s, '\\') {
		b.WriteString(s[:i])
		s = s[i:]
		n := escape(&b, s, line)
		s = s[n:]
	}
	b.WriteString(s)
	return b.String()
}

// escape writes what the escape at the start of s means and returns its length.
func escape(b *strings.Builder, s string, line int) int {
	c := s[1]
	switch c {
	case 'x':
		return hexEscape(b, s, 2, line)
	case 'u':
		return hexEscape(b, s, 4, line)
	case 'U':
		return hexEscape(b, s, 8, line)
	case 'N':
		failAt(line, `\N escapes are not supported`)
	case '\n':
		return 2
	}
	if c >= '0' && c <= '7' {
		n := 1 + span(s[1:min(len(s), 4)], "01234567")
		r, _ := strconv.ParseUint(s[1:n], 8, 16)
		b.WriteRune(rune(r))
		return n
	}
	for k := 0; k+1 < len(simpleEscapes); k += 2 {
		if simpleEscapes[k] == c {
			b.WriteByte(simpleEscapes[k+1])
			return 2
		}
	}
	b.WriteByte('\\')
	return 1
}

// hexEscape writes the character of an escape with so many hexadecimal digits. Two
// halves of a surrogate pair are one character.
func hexEscape(b *strings.Builder, s string, digits, line int) int {
	if len(s) < 2+digits {
		failAt(line, "the escape %s is cut short", s)
	}
	n := 2 + digits
	r, err := strconv.ParseUint(s[2:n], 16, 32)
	if err != nil || r > utf8.MaxRune {
		failAt(line, "the escape %s is malformed", s[:n])
	}
	if r >= 0xD800 && r < 0xDC00 && len(s) >= n+6 && s[n:n+2] == `\u` {
		if low, err := strconv.ParseUint(s[n+2:n+6], 16, 32); err == nil && low >= 0xDC00 && low < 0xE000 {
			r, n = 0x10000+(r-0xD800)<<10+(low-0xDC00), n+6
		}
	}
	b.WriteRune(rune(r))
	return n
}

package chat

import (
	"math"
	"strconv"
	"strings"
)

// str is Python's str(): how a value is printed.
func str(v value) string {
	switch v := v.(type) {
	case string:
		return v
	case undefined:
		return ""
	}
	return repr(v)
}

// repr is Python's repr(): how a value is printed within another.
func repr(v value) string {
	var b strings.Builder
	writeRepr(&b, v, 0)
	return b.String()
}

func writeRepr(b *strings.Builder, v value, depth int) {
	if depth > maxData {
		failAt(0, "a value is nested deeper than %d", maxData)
	}
	if b.Len() > maxString {
		failAt(0, "a text is longer than %d bytes", maxString)
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		if v {
			b.WriteString("True")
		} else {
			b.WriteString("False")
		}
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(formatFloat(v))
	case number:
		b.WriteString(string(v))
	case string:
		quote(b, v)
	case *seq:
		writeSeq(b, v, depth)
	case *Object:
		writeObject(b, v, depth)
	case *namespace:
		b.WriteString("<Namespace ")
		writeObject(b, v.attrs, depth)
		b.WriteByte('>')
	case undefined:
		b.WriteString("Undefined")
	case *function:
		b.WriteString("<function " + v.name + ">")
	default:
		b.WriteString("<" + typeName(v) + ">")
	}
}

func writeSeq(b *strings.Builder, s *seq, depth int) {
	open, end := "[", "]"
	switch s.kind {
	case tupleSeq:
		open, end = "(", ")"
		if len(s.items) == 1 {
			end = ",)"
		}
	case keysSeq, valuesSeq, itemsSeq:
		open, end = seqNames[s.kind]+"([", "])"
	}
	b.WriteString(open)
	for i, item := range s.items {
		if i > 0 {
			b.WriteString(", ")
		}
		writeRepr(b, item, depth+1)
	}
	b.WriteString(end)
}

func writeObject(b *strings.Builder, o *Object, depth int) {
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteString(", ")
		}
		writeRepr(b, k, depth+1)
		b.WriteString(": ")
		writeRepr(b, o.values[i], depth+1)
	}
	b.WriteByte('}')
}

// formatFloat writes the shortest digits that give the number back, with an
// exponent where Python has one.
func formatFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case f != f:
		return "nan"
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	exp, _ := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	if exp < -4 || exp >= 16 {
		return s
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote writes a string as a literal of Python.
func quote(b *strings.Builder, s string) {
	q := byte('\'')
	if strings.IndexByte(s, '\'') >= 0 && strings.IndexByte(s, '"') < 0 {
		q = '"'
	}
	b.WriteByte(q)
	for _, r := range s {
		switch {
		case r == rune(q) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			writeHex(b, `\x`, r, 2)
		case r < 0x10000:
			writeHex(b, `\u`, r, 4)
		default:
			writeHex(b, `\U`, r, 8)
		}
	}
	b.WriteByte(q)
}

// writeHex writes a prefix and the number of a character in so many digits.
func writeHex(b *strings.Builder, prefix string, r rune, digits int) {
	s := strconv.FormatInt(int64(r), 16)
	b.WriteString(prefix)
	b.WriteString(strings.Repeat("0", digits-len(s)))
	b.WriteString(s)
}

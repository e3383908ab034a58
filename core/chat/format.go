package chat

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// format is s % v, Python's formatting in the manner of printf.
func (in *interp) format(s string, v value) string {
	next := 0
	positional, isTuple := v.(*seq)
	isTuple = isTuple && positional.kind == tupleSeq
	take := func() value {
		next++
		switch {
		case isTuple && next <= len(positional.items):
			return positional.items[next-1]
		case !isTuple && next == 1:
			return v
		}
		in.fail("not enough arguments for format string")
		return nil
	}
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(s, "%")
		b.WriteString(text)
		if !found {
			break
		}
		arg := take
		if strings.HasPrefix(rest, "(") {
			name, after, ok := strings.Cut(rest[1:], ")")
			o, isObject := v.(*Object)
			if !ok || !isObject {
				in.fail("format requires a mapping")
			}
			item, ok := o.get(name)
			if !ok {
				in.fail("the key %s is missing", repr(name))
			}
			next, rest = 1, after
			arg = func() value { return item }
		}
		var f spec
		rest = f.parse(in, rest)
		if rest == "" {
			in.fail("incomplete format")
		}
		if rest[0] == '%' {
			b.WriteByte('%')
		} else {
			b.WriteString(in.conversion(&f, rest[0], arg()))
		}
		s = rest[1:]
		in.made(b.Len())
	}
	if _, isObject := v.(*Object); isTuple && next < len(positional.items) || !isTuple && !isObject && next == 0 {
		in.fail("not all arguments converted during string formatting")
	}
	return b.String()
}

// spec is the flags, width and precision of a conversion.
type spec struct {
	flags            string
	width, precision int // precision is -1 if there is none
}

// parse reads a spec and returns the rest.
func (f *spec) parse(in *interp, s string) string {
	n := span(s, "-+ #0")
	f.flags, s = s[:n], s[n:]
	f.width, s = in.digits(s)
	f.precision = -1
	if strings.HasPrefix(s, ".") {
		f.precision, s = in.digits(s[1:])
	}
	return s
}

// digits reads a width.
func (in *interp) digits(s string) (int, string) {
	n := span(s, "0123456789")
	if n > 4 {
		in.fail("the width %s is too large", s[:n])
	}
	k := 0
	for _, c := range s[:n] {
		k = 10*k + int(c-'0')
	}
	return k, s[n:]
}

// conversion writes one argument.
func (in *interp) conversion(f *spec, verb byte, v value) string {
	var s string
	isNumber := true
	switch verb {
	case 's', 'r', 'a':
		isNumber = false
		if s = in.str(v); verb != 's' {
			s = in.repr(v)
		}
		if f.precision >= 0 {
			s = s[:runeAt(s, f.precision)]
		}
	case 'd', 'i', 'u', 'x', 'X', 'o':
		s = in.formatInt(f, verb, v)
	case 'f', 'F', 'e', 'E', 'g', 'G':
		g, ok := toFloat(v)
		if !ok {
			in.fail("must be real number, not %s", typeName(v))
		}
		precision := 6
		if f.precision >= 0 {
			precision = f.precision
		}
		s = fmt.Sprintf("%.*"+string(verb), precision, g)
	case 'c':
		isNumber = false
		if s = in.str(v); isInt(v) {
			s = string(rune(toInt(v)))
		}
	default:
		in.fail("unsupported format character %q", verb)
	}
	if isNumber && s[0] != '-' {
		if strings.Contains(f.flags, "+") {
			s = "+" + s
		} else if strings.Contains(f.flags, " ") {
			s = " " + s
		}
	}
	fill := f.width - utf8.RuneCountInString(s)
	switch {
	case fill <= 0:
	case strings.Contains(f.flags, "-"):
		s += strings.Repeat(" ", fill)
	case isNumber && strings.Contains(f.flags, "0"):
		digits := strings.TrimLeft(s, "+- ")
		s = s[:len(s)-len(digits)] + strings.Repeat("0", fill) + digits
	default:
		s = strings.Repeat(" ", fill) + s
	}
	return s
}

// formatInt writes an integer with at least f.precision digits.
func (in *interp) formatInt(f *spec, verb byte, v value) string {
	n := toInt(v)
	if g, ok := v.(float64); ok && verb != 'x' && verb != 'X' && verb != 'o' && math.Abs(g) < 1<<63 {
		n = int64(g)
	} else if !isInt(v) {
		in.fail("%%%c format: an integer is required, not %s", verb, typeName(v))
	}
	if verb == 'i' || verb == 'u' {
		verb = 'd'
	}
	layout := "%" + string(verb)
	if f.precision > 0 { // with 0 Go writes nothing for a 0
		layout = fmt.Sprintf("%%.%d%c", f.precision, verb)
	}
	return fmt.Sprintf(layout, n)
}

// formatMethod is str.format without format specs: {}, {0}, {name}.
func formatMethod(in *interp, s string, a *args) value {
	var b strings.Builder
	next := 0
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		if i+1 < len(s) && s[i+1] == s[i] {
			b.WriteByte(s[i])
			s = s[i+2:]
			continue
		}
		field, rest, ok := strings.Cut(s[i+1:], "}")
		if s[i] == '}' || !ok {
			in.fail("single '%c' encountered in format string", s[i])
		}
		s = rest
		b.WriteString(in.str(in.field(field, &next, a)))
		in.made(b.Len())
	}
	return in.text(b.String() + s)
}

// field is the argument that a field of a format string names.
func (in *interp) field(name string, next *int, a *args) value {
	if strings.ContainsAny(name, ":!.[") {
		in.fail("the field {%s} is not supported: it may only name an argument", name)
	}
	i, isIndex := parseInt(name, 10)
	if name == "" {
		i, isIndex = int64(*next), true
		*next++
	}
	if isIndex {
		if i < 0 || i >= int64(len(a.pos)) {
			in.fail("there is no argument %d for the format string", i)
		}
		return a.pos[i]
	}
	v, ok := a.named.get(name)
	if !ok {
		in.fail("the key %s is missing", repr(name))
	}
	return v
}

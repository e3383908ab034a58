package chat

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

type stringMethod func(in *interp, s string, a *args) value

// stringMethods are the methods of strings.
var stringMethods map[string]stringMethod

func init() {
	stringMethods = map[string]stringMethod{
		"strip":  trimMethod("strip", true, true),
		"lstrip": trimMethod("lstrip", true, false),
		"rstrip": trimMethod("rstrip", false, true),

		"upper":      plain("upper", upper),
		"lower":      plain("lower", lower),
		"casefold":   plain("casefold", lower),
		"title":      plain("title", titleWords),
		"capitalize": plain("capitalize", capitalize),
		"swapcase":   plain("swapcase", swapCase),

		"startswith": affix("startswith", strings.HasPrefix),
		"endswith":   affix("endswith", strings.HasSuffix),

		"isalpha":   question("isalpha", func(s string) bool { return every(s, unicode.IsLetter) }),
		"isdigit":   question("isdigit", func(s string) bool { return every(s, unicode.IsDigit) }),
		"isdecimal": question("isdecimal", func(s string) bool { return every(s, unicode.IsDigit) }),
		"isnumeric": question("isnumeric", func(s string) bool { return every(s, unicode.IsNumber) }),
		"isalnum": question("isalnum", func(s string) bool {
			return every(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
		}),
		"isspace": question("isspace", func(s string) bool { return every(s, isSpace) }),
		"isupper": question("isupper", func(s string) bool { return everyCased(s, unicode.IsUpper, unicode.IsLower) }),
		"islower": question("islower", func(s string) bool { return everyCased(s, unicode.IsLower, unicode.IsUpper) }),
		"isascii": question("isascii", func(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0 }),

		"split":      splitMethod("split", splitSpace, splitLeft),
		"rsplit":     splitMethod("rsplit", splitSpaceRight, splitRight),
		"splitlines": splitLinesMethod,
		"partition":  partition("partition", strings.Index),
		"rpartition": partition("rpartition", strings.LastIndex),
		"join":       joinMethod,
		"replace":    replaceMethod,
		"find":       findMethod("find", strings.Index, false),
		"rfind":      findMethod("rfind", strings.LastIndex, false),
		"index":      findMethod("index", strings.Index, true),
		"rindex":     findMethod("rindex", strings.LastIndex, true),
		"count":      countMethod,

		"removeprefix": cut("removeprefix", strings.TrimPrefix),
		"removesuffix": cut("removesuffix", strings.TrimSuffix),
		"center":       pad("center", func(n int, s string) (int, int) { return centerPad(n, utf8.RuneCountInString(s)) }),
		"ljust":        pad("ljust", func(n int, _ string) (int, int) { return 0, n }),
		"rjust":        pad("rjust", func(n int, _ string) (int, int) { return n, 0 }),
		"zfill":        zfillMethod,
		"format":       formatMethod,
	}
}

// plain makes a method of a function without arguments.
func plain(name string, f func(string) string) stringMethod {
	return func(in *interp, s string, a *args) value {
		a.bind(in, name)
		in.made(len(s))
		return in.text(f(s))
	}
}

// question makes a method of a test.
func question(name string, f func(string) bool) stringMethod {
	return func(in *interp, s string, a *args) value {
		a.bind(in, name)
		in.made(len(s))
		return f(s)
	}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

func trimMethod(name string, left, right bool) stringMethod {
	return func(in *interp, s string, a *args) value {
		b := a.bind(in, name, "chars?")
		in.made(len(s))
		return in.trim(s, b[0], left, right)
	}
}

// trim strips characters, white space if chars is none or not given.
func (in *interp) trim(s string, chars value, left, right bool) string {
	is := isSpace
	if given(chars) && chars != nil {
		set := in.orString(chars, "chars", "")
		is = func(r rune) bool { return strings.ContainsRune(set, r) }
	}
	if left {
		s = strings.TrimLeftFunc(s, is)
	}
	if right {
		s = strings.TrimRightFunc(s, is)
	}
	return s
}

func affix(name string, has func(s, x string) bool) stringMethod {
	return func(in *interp, s string, a *args) value {
		b := a.bind(in, name, "prefix", "start?", "end?")
		s, ok := in.part(s, b[1], b[2])
		if t, isSeq := b[0].(*seq); isSeq && t.kind == tupleSeq {
			for _, x := range t.items {
				if ok && has(s, in.orString(x, name+"()'s argument", "")) {
					return true
				}
			}
			return false
		}
		return has(s, in.orString(b[0], name+"()'s argument", "")) && ok
	}
}

// part is the characters from start to end, and whether start is within s.
func (in *interp) part(s string, start, end value) (string, bool) {
	if !given(start) {
		return s, true
	}
	if !given(end) {
		end = nil
	}
	n := in.length(s)
	if isInt(start) && toInt(start) > int64(n) {
		return "", false
	}
	return in.slice(s, start, end, nil).(string), true
}

// splitLeft is str.split with a separator.
func splitLeft(s, sep string, n int) []string {
	if n >= 0 {
		n++
	}
	return strings.SplitN(s, sep, n)
}

func splitMethod(name string, space func(s string, n int) []string, by func(s, sep string, n int) []string) stringMethod {
	return func(in *interp, s string, a *args) value {
		b := a.bind(in, name, "sep?", "maxsplit?")
		in.made(len(s))
		n := int(max(-1, min(in.orInt(b[1], "maxsplit", -1), maxItems)))
		if !given(b[0]) || b[0] == nil {
			return in.strings(space(s, n))
		}
		sep := in.orString(b[0], "the separator", "")
		if sep == "" {
			in.fail("empty separator")
		}
		return in.strings(by(s, sep, n))
	}
}

// strings is a list of texts.
func (in *interp) strings(parts []string) *seq {
	in.room(len(parts))
	items := make([]value, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return list(items)
}

func splitLinesMethod(in *interp, s string, a *args) value {
	b := a.bind(in, "splitlines", "keepends?")
	in.made(len(s))
	return in.strings(splitLines(s, orBool(b[0], false)))
}

func partition(name string, find func(s, sep string) int) stringMethod {
	return func(in *interp, s string, a *args) value {
		sep := in.orString(a.bind(in, name, "sep")[0], "the separator", "")
		if sep == "" {
			in.fail("empty separator")
		}
		in.made(len(s))
		i := find(s, sep)
		switch {
		case i >= 0:
			return tuple(s[:i], sep, s[i+len(sep):])
		case name == "partition":
			return tuple(s, "", "")
		}
		return tuple("", "", s)
	}
}

func joinMethod(in *interp, s string, a *args) value {
	var parts []string
	n := 0
	for i, item := range in.iterate(a.bind(in, "join", "iterable")[0]) {
		part, ok := item.(string)
		if !ok {
			in.fail("sequence item %d: expected str instance, %s found", i, typeName(item))
		}
		n += len(part) + len(s)
		in.made(n)
		parts = append(parts, part)
	}
	return strings.Join(parts, s)
}

func replaceMethod(in *interp, s string, a *args) value {
	b := a.bind(in, "replace", "old", "new", "count?")
	return in.replace(s, in.orString(b[0], "old", ""), in.orString(b[1], "new", ""), in.orInt(b[2], "count", -1))
}

// replace replaces n occurrences, all if n is negative.
func (in *interp) replace(s, from, to string, n int64) string {
	in.made(len(s))
	if len(to) > len(from) {
		count := int64(strings.Count(s, from))
		if n >= 0 {
			count = min(count, n)
		}
		in.made(len(s) + in.times(len(to)-len(from), count, maxString)*(len(to)-len(from)))
	}
	return strings.Replace(s, from, to, int(max(-1, min(n, math.MaxInt32))))
}

func findMethod(name string, find func(s, x string) int, must bool) stringMethod {
	return func(in *interp, s string, a *args) value {
		b := a.bind(in, name, "sub", "start?", "end?")
		part, ok := in.part(s, b[1], b[2])
		i := find(part, in.orString(b[0], "the substring", ""))
		if i < 0 || !ok {
			if must {
				in.fail("substring not found")
			}
			return int64(-1)
		}
		n := utf8.RuneCountInString(part[:i])
		if given(b[1]) {
			from, _ := in.bounds(b[1], nil, 1, in.length(s))
			n += int(from)
		}
		return int64(n)
	}
}

func countMethod(in *interp, s string, a *args) value {
	b := a.bind(in, "count", "sub", "start?", "end?")
	part, ok := in.part(s, b[1], b[2])
	in.made(len(s))
	n := strings.Count(part, in.orString(b[0], "the substring", ""))
	if !ok {
		n = 0
	}
	return int64(n)
}

func cut(name string, f func(s, x string) string) stringMethod {
	return func(in *interp, s string, a *args) value {
		return f(s, in.orString(a.bind(in, name, "affix")[0], "the affix", ""))
	}
}

// centerPad divides padding as CPython does for a text of length characters.
func centerPad(n, length int) (left, right int) {
	left = n/2 + n&(n+length)&1
	return left, n - left
}

func pad(name string, sides func(n int, s string) (left, right int)) stringMethod {
	return func(in *interp, s string, a *args) value {
		b := a.bind(in, name, "width", "fillchar?")
		fill := in.orString(b[1], "fillchar", " ")
		if utf8.RuneCountInString(fill) != 1 {
			in.fail("the fill character must be exactly one character long")
		}
		n := in.orInt(b[0], "width", 0) - int64(in.length(s))
		left, right := sides(in.times(len(fill), n, maxString), s)
		in.made(len(s) + len(fill)*(left+right))
		return strings.Repeat(fill, left) + s + strings.Repeat(fill, right)
	}
}

func zfillMethod(in *interp, s string, a *args) value {
	n := in.orInt(a.bind(in, "zfill", "width")[0], "width", 0) - int64(in.length(s))
	zeros := strings.Repeat("0", in.times(1, n, maxString))
	in.made(len(s) + len(zeros))
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[:1] + zeros + s[1:]
	}
	return zeros + s
}

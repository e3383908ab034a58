package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// builtin is a filter, a test or a global function.
type builtin func(in *interp, a *args) value

// filters are the filters; the files that have some add them in init. They follow
// jinja2's filters.py.
var filters = map[string]builtin{}

// filterNames are other names of filters.
var filterNames = map[string]string{"count": "length", "d": "default", "e": "escape", "forceescape": "escape"}

func init() {
	add := func(name string, f builtin) { filters[name] = f }
	add("string", func(in *interp, a *args) value { return in.str(a.bind(in, "string", "value")[0]) })
	add("safe", func(in *interp, a *args) value { return in.str(a.bind(in, "safe", "value")[0]) })
	add("upper", textFilter("upper", upper))
	add("lower", textFilter("lower", lower))
	add("capitalize", textFilter("capitalize", capitalize))
	add("title", textFilter("title", titleFilter))
	add("escape", textFilter("escape", htmlEscaper.Replace))
	add("urlencode", textFilter("urlencode", urlEncode))
	add("wordcount", func(in *interp, a *args) value {
		return int64(len(splitWords(in.str(a.bind(in, "wordcount", "s")[0]))))
	})
	add("trim", func(in *interp, a *args) value {
		b := a.bind(in, "trim", "value", "chars?")
		return in.trim(in.str(b[0]), b[1], true, true)
	})
	add("replace", func(in *interp, a *args) value {
		b := a.bind(in, "replace", "s", "old", "new", "count?")
		n := int64(-1)
		if given(b[3]) && b[3] != nil {
			n = in.orInt(b[3], "count", -1)
		}
		return in.replace(in.str(b[0]), in.str(b[1]), in.str(b[2]), n)
	})
	add("indent", indentFilter)
	add("truncate", truncateFilter)
	add("center", func(in *interp, a *args) value {
		b := a.bind(in, "center", "value", "width?")
		width := &args{pos: []value{in.orInt(b[1], "width", 80)}, named: NewObject()}
		return stringMethods["center"](in, in.str(b[0]), width)
	})
	add("format", func(in *interp, a *args) value {
		s := in.str(a.pos[0])
		if a.named.Len() > 0 {
			return in.format(s, a.named)
		}
		return in.format(s, tuple(a.pos[1:]...))
	})
	add("tojson", toJSONFilter)
	for other, name := range filterNames {
		defer func() { filters[other] = filters[name] }() // some are added further down
	}
	addListFilters(add)
	addNumberFilters(add)
}

// textFilter makes a filter of a function on texts.
func textFilter(name string, f func(string) string) builtin {
	return func(in *interp, a *args) value {
		s := in.str(a.bind(in, name, "value")[0])
		in.made(len(s))
		return in.text(f(s))
	}
}

// titleFilter is the filter title, which begins a word elsewhere than the method does.
func titleFilter(s string) string {
	var b strings.Builder
	start := true
	for _, r := range s {
		if start {
			b.WriteString(upper(string(r)))
		} else {
			b.WriteString(lower(string(r)))
		}
		start = isSpace(r) || strings.ContainsRune("-({[<", r)
	}
	return b.String()
}

// htmlEscaper escapes as markupsafe does.
var htmlEscaper = strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;")

// urlEncode is urllib.parse.quote with / kept.
func urlEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c < 0x80 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) || strings.IndexByte("_.-~/", c) >= 0) {
			b.WriteByte(c)
		} else {
			const hex = "0123456789ABCDEF"
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}

// splitWords finds the words of a text, runs of letters, digits and underscores.
func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

func indentFilter(in *interp, a *args) value {
	b := a.bind(in, "indent", "s", "width?", "first?", "blank?")
	s, ok := b[0].(string)
	if !ok {
		in.fail("indent() needs a string, not %s", typeName(b[0]))
	}
	by, ok := b[1].(string)
	if !ok {
		by = strings.Repeat(" ", in.times(1, in.orInt(b[1], "width", 4), maxString))
	}
	lines := splitLines(s+"\n", false)
	size := len(s)
	for i, line := range lines {
		size += len(by) + 1
		in.made(size)
		if i == 0 && !orBool(b[2], false) || i > 0 && line == "" && !orBool(b[3], false) {
			continue
		}
		lines[i] = by + line
	}
	return in.text(strings.Join(lines, "\n"))
}

func truncateFilter(in *interp, a *args) value {
	b := a.bind(in, "truncate", "s", "length?", "killwords?", "end?", "leeway?")
	s := in.str(b[0])
	n := in.orInt(b[1], "length", 255)
	end := in.orString(b[3], "end", "...")
	leeway := int64(5)
	if given(b[4]) && b[4] != nil {
		leeway = in.orInt(b[4], "leeway", 5)
	}
	keep := n - int64(utf8.RuneCountInString(end))
	if keep < 0 || leeway < 0 {
		in.fail("truncate() needs a length of at least %d and a leeway of at least 0", n-keep)
	}
	if int64(in.length(s))-leeway <= n { // n + leeway may be too large for a number
		return s
	}
	s = s[:runeAt(s, int(keep))]
	if !orBool(b[2], false) {
		s = splitRight(s, " ", 1)[0]
	}
	return s + end
}

package tokenizer

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/gander-lm/gander/core/errs"
)

// textFunc changes a text.
type textFunc func(string) string

// normalizers maps the types of normalizer in tokenizer.json to their
// constructors. Source: huggingface/tokenizers, tokenizers/src/normalizers.
var normalizers map[string]func(object) (textFunc, error)

func init() {
	form := func(f norm.Form) func(object) (textFunc, error) {
		return func(object) (textFunc, error) { return f.String, nil }
	}
	normalizers = map[string]func(object) (textFunc, error){
		"NFC": form(norm.NFC), "NFD": form(norm.NFD), "NFKC": form(norm.NFKC), "NFKD": form(norm.NFKD),
		"Lowercase":    func(object) (textFunc, error) { return lowercase, nil },
		"StripAccents": func(object) (textFunc, error) { return dropRunes(unicode.IsMark), nil },
		"Strip":        newStrip,
		"Prepend":      newPrepend,
		"Replace":      newReplace,
		"Precompiled":  newPrecompiled,
		"Nmt":          func(object) (textFunc, error) { return nmt, nil },
		"ByteLevel":    func(object) (textFunc, error) { return toVisible, nil },
		"BertNormalizer": func(o object) (textFunc, error) {
			lower := o.bool("lowercase", true)
			n := bertNormalizer{o.bool("clean_text", true), o.bool("handle_chinese_chars", true), o.bool("strip_accents", lower), lower}
			return n.apply, nil
		},
		"Sequence": func(o object) (textFunc, error) {
			var all []textFunc
			for _, k := range o.objects("normalizers") {
				f, err := newNormalizer(k)
				if err != nil {
					return nil, err
				}
				all = append(all, f)
			}
			return chain(all), nil
		},
	}
}

func newNormalizer(o object) (textFunc, error) {
	kind := o.str("type", "")
	f, ok := normalizers[kind]
	if !ok {
		return nil, unsupported(o.where+".type", kind, keys(normalizers))
	}
	return f(o)
}

// maxGrowth bounds how many times as long a text may become by what is replaced in it.
const maxGrowth = 1 << 10

// checkGrowth refuses a step, or a sequence of them, that could make a text of a few
// letters fill the memory.
func checkGrowth(o object, parts string) error {
	if growth(o, parts) > maxGrowth {
		return &errs.UnsupportedError{What: fmt.Sprintf("%s: what could make a text more than %d times as long", o.where, maxGrowth)}
	}
	return nil
}

// growth is at most how many times as long a step, or those within it, makes a text.
func growth(o object, parts string) float64 {
	switch o.str("type", "") {
	case "Replace":
		least := 1 // of an expression
		if p, ok := o.object("pattern"); ok && !p.has("Regex") {
			least = max(1, len(p.str("String", "")))
		}
		return max(1, float64(len(o.str("content", "")))/float64(least))
	case "Prepend":
		return 1 + float64(len(o.str("prepend", "")))
	case "Precompiled":
		data, _ := base64.StdEncoding.DecodeString(o.str("precompiled_charsmap", ""))
		m, _ := newCharsMap(data)
		return m.growth()
	case "ByteLevel":
		return 2 // a byte is a character of two
	case "Sequence":
		product := 1.0
		for _, k := range o.objects(parts) {
			product *= growth(k, parts)
		}
		return product
	}
	return 1
}

func chain(all []textFunc) textFunc {
	return func(s string) string {
		for _, f := range all {
			s = f(s)
		}
		return s
	}
}

func lowercase(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		writeLower(&b, r)
	}
	return b.String()
}

func dropRunes(drop func(rune) bool) textFunc {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			if drop(r) {
				return -1
			}
			return r
		}, s)
	}
}

// nmt drops control characters and makes other spaces one kind.
func nmt(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 1 && r <= 8, r == 0xB, r >= 0xE && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
			return -1
		case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, r >= 0x200B && r <= 0x200F, r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			return ' '
		}
		return r
	}, s)
}

// toVisible writes each byte as the character that stands for it in a vocabulary.
func toVisible(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	for i := range len(s) {
		b.WriteRune(byteRune[s[i]])
	}
	return b.String()
}

func newStrip(o object) (textFunc, error) {
	left, right := o.bool("strip_left", true), o.bool("strip_right", true)
	return func(s string) string {
		if left {
			s = strings.TrimLeftFunc(s, unicode.IsSpace)
		}
		if right {
			s = strings.TrimRightFunc(s, unicode.IsSpace)
		}
		return s
	}, nil
}

func newPrepend(o object) (textFunc, error) {
	prefix := o.str("prepend", "")
	return func(s string) string {
		if s == "" {
			return s
		}
		return prefix + s
	}, nil
}

func newReplace(o object) (textFunc, error) {
	match, text, err := pattern(o)
	if err != nil {
		return nil, err
	}
	content := o.str("content", "")
	if match == nil {
		if text == "" {
			return nil, formatError("%s.pattern is empty", o.where)
		}
		return func(s string) string { return strings.ReplaceAll(s, text, content) }, nil
	}
	return func(s string) string {
		var b strings.Builder
		from := 0
		for i := 0; i < len(s); {
			end := match(s, i)
			if end == tooManySteps { // what is left stays as it is: there is no way to say so
				break
			}
			if end <= i {
				i = after(s, i, end)
				continue
			}
			b.WriteString(s[from:i])
			b.WriteString(content)
			i, from = end, end
		}
		return b.String() + s[from:]
	}, nil
}

// pattern reads {"String": ...}, for which match is nil, or {"Regex": ...}.
func pattern(o object) (match step, text string, err error) {
	p, ok := o.object("pattern")
	if !ok {
		return nil, "", formatError("%s.pattern is missing", o.where)
	}
	if !p.has("Regex") {
		return nil, p.str("String", ""), nil
	}
	steps, err := compileSteps(p.str("Regex", ""))
	if err != nil {
		return nil, "", err
	}
	return steps[0], "", nil
}

func newPrecompiled(o object) (textFunc, error) {
	data, err := base64.StdEncoding.DecodeString(o.str("precompiled_charsmap", ""))
	if err != nil {
		return nil, formatError("%s.precompiled_charsmap is not base64: %v", o.where, err)
	}
	m, err := newCharsMap(data)
	if err != nil {
		return nil, err
	}
	return m.apply, nil
}

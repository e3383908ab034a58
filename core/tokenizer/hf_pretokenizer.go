package tokenizer

import (
	"strings"
	"unicode"
)

// preStep cuts pieces of text further; the first piece is the beginning of the
// text if first is set.
type preStep func(pieces []string, first bool) ([]string, error)

// preTokenizers maps the types of pre_tokenizer in tokenizer.json to their
// constructors. Source: huggingface/tokenizers, tokenizers/src/pre_tokenizers.
var preTokenizers map[string]func(object) (preStep, error)

func init() {
	fixed := func(match step, b behavior) func(object) (preStep, error) {
		return func(object) (preStep, error) { return splitStep(match, b, false), nil }
	}
	one := func(test func(rune) bool) step {
		s := newSet(test)
		return func(t string, i int) int { return max(i, s.end(t, i)) }
	}
	many := func(of class) step {
		return func(t string, i int) int { return run(t, i, anyNumber, of) }
	}
	isPunct := func(r rune) bool { return unicode.IsPunct(r) || r < 0x80 && unicode.IsSymbol(r) }
	preTokenizers = map[string]func(object) (preStep, error){
		"ByteLevel": newByteLevel,
		"Metaspace": newMetaspace,
		"Split":     newSplit,
		"Digits": func(o object) (preStep, error) {
			if o.bool("individual_digits", false) {
				return splitStep(fastSteps[`\p{N}`], alone, false), nil
			}
			return splitStep(fastSteps[`\p{N}+`], alone, false), nil
		},
		"Punctuation": func(o object) (preStep, error) {
			b, err := behaviorOf(o, "Isolated")
			return splitStep(one(isPunct), b, false), err
		},
		"WhitespaceSplit": fixed(many(space), removed),
		"Whitespace": func(object) (preStep, error) {
			match, err := compileRegex(`[\w\x{200C}\x{200D}]+|[^\w\s\x{200C}\x{200D}]+`)
			return splitStep(match, removed, true), err
		},
		"BertPreTokenizer": func(object) (preStep, error) {
			return func(pieces []string, _ bool) (out []string, err error) {
				for _, p := range pieces {
					out = splitBert(out, p)
				}
				return out, nil
			}, nil
		},
		"CharDelimiterSplit": func(o object) (preStep, error) {
			delimiter := o.str("delimiter", " ")
			return splitStep(one(func(r rune) bool { return string(r) == delimiter }), removed, false), nil
		},
		"Sequence": func(o object) (preStep, error) {
			var all []preStep
			for _, k := range o.objects("pretokenizers") {
				f, err := newPreTokenizer(k)
				if err != nil {
					return nil, err
				}
				all = append(all, f)
			}
			return func(pieces []string, first bool) (out []string, err error) {
				for _, f := range all {
					if pieces, err = f(pieces, first); err != nil {
						return nil, err
					}
				}
				return pieces, nil
			}, nil
		},
	}
}

func newPreTokenizer(o object) (preStep, error) {
	kind := o.str("type", "")
	f, ok := preTokenizers[kind]
	if !ok {
		return nil, unsupported(o.where+".type", kind, keys(preTokenizers))
	}
	return f(o)
}

// behavior is what becomes of the matches of a split.
type behavior int

const (
	alone      behavior = iota // a piece each
	removed                    // left out
	contiguous                 // matches side by side are one piece
	withPrevious
	withNext
)

func behaviorOf(o object, missing string) (behavior, error) {
	known := map[string]behavior{"Isolated": alone, "Removed": removed, "Contiguous": contiguous, "MergedWithPrevious": withPrevious, "MergedWithNext": withNext}
	name := o.str("behavior", missing)
	b, ok := known[name]
	if !ok {
		return 0, unsupported(o.where+".behavior", name, keys(known))
	}
	return b, nil
}

func newSplit(o object) (preStep, error) {
	match, text, err := pattern(o)
	if err != nil {
		return nil, err
	}
	if match == nil {
		match = func(s string, i int) int {
			if strings.HasPrefix(s[i:], text) {
				return i + len(text)
			}
			return i
		}
	}
	b, err := behaviorOf(o, "")
	return splitStep(match, b, o.bool("invert", false)), err
}

// splitStep cuts pieces at the matches, or with invert at what is between them.
func splitStep(match step, b behavior, invert bool) preStep {
	if b == alone {
		return func(pieces []string, _ bool) ([]string, error) {
			return split(pieces, []step{match})
		}
	}
	return func(pieces []string, _ bool) ([]string, error) {
		var out []string
		for _, s := range pieces {
			// cuts are the ends of the parts of s, kinds whether they match.
			var cuts []int
			var kinds []bool
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
					cuts, kinds = append(cuts, i), append(kinds, invert)
				}
				cuts, kinds = append(cuts, end), append(kinds, !invert)
				i, from = end, end
			}
			if from < len(s) {
				cuts, kinds = append(cuts, len(s)), append(kinds, invert)
			}
			out = b.join(out, s, cuts, kinds)
		}
		return out, nil
	}
}

// join appends the parts of s that a behavior leaves.
func (b behavior) join(out []string, s string, cuts []int, kinds []bool) []string {
	from := 0
	for i, end := range cuts {
		glue := false // the next part belongs to this piece
		if i+1 < len(cuts) {
			switch b {
			case contiguous:
				glue = kinds[i] == kinds[i+1]
			case withPrevious:
				glue = !kinds[i] && kinds[i+1]
			case withNext:
				glue = kinds[i] && !kinds[i+1]
			}
		}
		if glue {
			continue
		}
		if b != removed || !kinds[i] {
			out = append(out, s[from:end])
		}
		from = end
	}
	return out
}

// newByteLevel cuts as GPT-2 does and writes bytes visibly. The last step of a
// pre-tokenizer leaves that to the model, see byteLast.
func newByteLevel(o object) (preStep, error) {
	f, err := newByteLevelSplit(o)
	if err != nil {
		return nil, err
	}
	return func(pieces []string, first bool) ([]string, error) {
		words, err := f(pieces, first)
		for i, w := range words {
			words[i] = toVisible(w)
		}
		return words, err
	}, nil
}

// newByteLevelSplit is newByteLevel without the writing.
func newByteLevelSplit(o object) (preStep, error) {
	prefix, regex := o.bool("add_prefix_space", true), o.bool("use_regex", true)
	steps := []step{matchGPT2}
	return func(pieces []string, _ bool) ([]string, error) {
		if prefix {
			for i, p := range pieces {
				if !strings.HasPrefix(p, " ") {
					pieces[i] = " " + p
				}
			}
		}
		if !regex {
			return pieces, nil
		}
		return split(pieces, steps)
	}, nil
}

// newMetaspace writes spaces as ▁, puts one first, and cuts before each.
func newMetaspace(o object) (preStep, error) {
	mark, scheme, err := metaspace(o)
	if err != nil {
		return nil, err
	}
	cut := o.bool("split", true)
	return func(pieces []string, first bool) (out []string, err error) {
		for i, p := range pieces {
			p = strings.ReplaceAll(p, " ", mark)
			if (scheme == "always" || scheme == "first" && first && i == 0) && !strings.HasPrefix(p, mark) {
				p = mark + p
			}
			for cut {
				begin := 0
				if strings.HasPrefix(p, mark) {
					begin = len(mark)
				}
				next := strings.Index(p[begin:], mark)
				if next < 0 {
					break
				}
				out = append(out, p[:begin+next])
				p = p[begin+next:]
			}
			out = append(out, p)
		}
		return out, nil
	}, nil
}

func metaspace(o object) (mark, scheme string, err error) {
	mark = o.str("replacement", spaceMark)
	missing := "always"
	if !o.bool("add_prefix_space", true) {
		missing = "never"
	}
	scheme = o.str("prepend_scheme", missing)
	if mark == "" {
		return "", "", formatError("%s.replacement is empty", o.where)
	}
	if known := []string{"always", "first", "never"}; scheme != known[0] && scheme != known[1] && scheme != known[2] {
		return "", "", unsupported(o.where+".prepend_scheme", scheme, known)
	}
	return mark, scheme, nil
}

// byteLast returns the pre-tokenizer without the writing of bytes at its end, if
// that is how it ends.
func byteLast(o object) (preStep, bool, error) {
	switch o.str("type", "") {
	case "ByteLevel":
		f, err := newByteLevelSplit(o)
		return f, true, err
	case "Sequence":
		list := o.objects("pretokenizers")
		if len(list) == 0 || list[len(list)-1].str("type", "") != "ByteLevel" {
			return nil, false, nil
		}
		last, err := newByteLevelSplit(list[len(list)-1])
		if err != nil {
			return nil, false, err
		}
		var before []preStep
		for _, k := range list[:len(list)-1] {
			f, err := newPreTokenizer(k)
			if err != nil {
				return nil, false, err
			}
			before = append(before, f)
		}
		return func(pieces []string, first bool) ([]string, error) {
			var err error
			for _, f := range before {
				if pieces, err = f(pieces, first); err != nil {
					return nil, err
				}
			}
			return last(pieces, first)
		}, true, nil
	}
	return nil, false, nil
}

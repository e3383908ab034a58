package tokenizer

// around is what a post_processor of tokenizer.json puts before and after the
// tokens of a text.
type around struct{ before, after []int32 }

// postProcessors maps the types of post_processor to their readers.
// Source: huggingface/tokenizers, tokenizers/src/processors.
var postProcessors map[string]func(object, *vocab) (around, error)

func init() {
	postProcessors = map[string]func(object, *vocab) (around, error){
		"ByteLevel":          func(object, *vocab) (around, error) { return around{}, nil },
		"BertProcessing":     newBertProcessing,
		"RobertaProcessing":  newBertProcessing,
		"TemplateProcessing": newTemplate,
		"Sequence": func(o object, v *vocab) (a around, err error) {
			for _, k := range o.objects("processors") {
				next, err := newPostProcessor(k, v)
				if err != nil {
					return a, err
				}
				a = around{append(next.before, a.before...), append(a.after, next.after...)}
			}
			return a, nil
		},
	}
}

func newPostProcessor(o object, v *vocab) (around, error) {
	kind := o.str("type", "")
	f, ok := postProcessors[kind]
	if !ok {
		return around{}, unsupported(o.where+".type", kind, keys(postProcessors))
	}
	return f(o, v)
}

// checked returns an id that a post_processor names.
func (v *vocab) checked(o object, x any) (int32, error) {
	if n, ok := x.(float64); ok {
		if id, err := toID(n); err == nil && int(id) < len(v.tokens) {
			return id, nil
		}
	}
	return 0, formatError("%s names token %v, in a vocabulary of %d", o.where, x, len(v.tokens))
}

// newBertProcessing reads {"cls": ["text", id], "sep": ["text", id]}.
func newBertProcessing(o object, v *vocab) (a around, err error) {
	for _, name := range []string{"cls", "sep"} {
		list := field[[]any](o, name, nil, "a list")
		if len(list) != 2 {
			return a, formatError("%s.%s is not a text and an id", o.where, name)
		}
		id, err := v.checked(o, list[1])
		if err != nil {
			return a, err
		}
		if name == "cls" {
			a.before = []int32{id}
		} else {
			a.after = []int32{id}
		}
	}
	return a, nil
}

// newTemplate reads the template for a single text.
func newTemplate(o object, v *vocab) (a around, err error) {
	special, _ := o.object("special_tokens")
	seen := false
	for _, part := range o.objects("single") {
		if _, text := part.object("Sequence"); text {
			if seen {
				return a, formatError("%s.single has the text twice", o.where)
			}
			seen = true
			continue
		}
		token, ok := part.object("SpecialToken")
		if !ok {
			return a, formatError("%s is neither Sequence nor SpecialToken", part.where)
		}
		entry, ok := special.object(token.str("id", ""))
		if !ok {
			return a, formatError("%s.special_tokens has no %q", o.where, token.str("id", ""))
		}
		for _, x := range field[[]any](entry, "ids", nil, "a list") {
			id, err := v.checked(entry, x)
			if err != nil {
				return a, err
			}
			if seen {
				a.after = append(a.after, id)
			} else {
				a.before = append(a.before, id)
			}
		}
	}
	if !seen {
		return a, formatError("%s.single has no place for the text", o.where)
	}
	return a, nil
}

package tokenizer

import (
	"bytes"
	"encoding/json/jsontext"
	"fmt"
	"math"
	"strconv"

	"github.com/gander-lm/gander/core/errs"
)

// object is a JSON object of tokenizer.json and how it is called in errors.
// Methods that read a field note the first error in the reader.
type object struct {
	fields map[string]any
	where  string
	r      *jsonReader
}

// jsonReader reads JSON into maps, slices, strings, float64s and bools; the long
// lists of a model, its vocabulary and its merges, into slices of their own.
type jsonReader struct {
	d    *jsontext.Decoder
	size int   // bytes of the file
	err  error // the first field that was not as it should be
}

// entry is a token of a model's vocabulary.
type entry struct {
	text  string
	id    int32
	score float64
}

// entries is a vocabulary; scored if it was a list with scores.
type entries struct {
	list   []entry
	scored bool
}

// mergeList is the merges of a model.
type mergeList [][2]string

const maxJSONDepth = 100

// readObject reads a file that is a JSON object.
func readObject(data []byte, what string) (object, error) {
	// Names that are there twice are looked for here, which is faster for vocabularies.
	r := &jsonReader{d: jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true)), size: len(data)}
	v, err := r.value("", 0)
	if err == nil {
		if _, end := r.d.ReadToken(); end == nil {
			err = formatError("more than one value")
		}
	}
	if err != nil {
		return object{}, fmt.Errorf("%s: %w", what, jsonError(err))
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return object{}, formatError("%s is no JSON object", what)
	}
	return object{fields, what, r}, nil
}

func jsonError(err error) error {
	if _, ours := err.(*errs.FormatError); ours {
		return err
	}
	return &errs.FormatError{Offset: -1, What: "broken JSON: " + err.Error()}
}

func (r *jsonReader) value(path string, depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, formatError("more than %d levels", maxJSONDepth)
	}
	switch path {
	case ".model.vocab":
		return r.vocabulary()
	case ".model.merges":
		return r.merges()
	}
	t, err := r.d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case '{':
		m := map[string]any{}
		for r.d.PeekKind() != '}' {
			name, err := r.d.ReadToken()
			if err != nil {
				return nil, err
			}
			key := name.String()
			if _, twice := m[key]; twice {
				return nil, formatError("%s.%s is there twice", path, key)
			}
			if m[key], err = r.value(path+"."+key, depth+1); err != nil {
				return nil, err
			}
		}
		_, err = r.d.ReadToken()
		return m, err
	case '[':
		list := []any{}
		for r.d.PeekKind() != ']' {
			v, err := r.value(path+"[]", depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = r.d.ReadToken()
		return list, err
	}
	return scalar(t)
}

func scalar(t jsontext.Token) (any, error) {
	switch t.Kind() {
	case '"':
		return t.String(), nil
	case '0':
		return t.Float()
	case 't', 'f':
		return t.Bool(), nil
	}
	return nil, nil
}

// vocabulary reads {"text": id, ...} or [["text", score], ...].
func (r *jsonReader) vocabulary() (any, error) {
	open, err := r.d.ReadToken()
	if err != nil {
		return nil, err
	}
	v := entries{list: make([]entry, 0, r.size/48), scored: open.Kind() == '['}
	if k := open.Kind(); k != '[' && k != '{' {
		return nil, formatError("model.vocab is neither an object nor a list")
	}
	for k := r.d.PeekKind(); k != '}' && k != ']'; k = r.d.PeekKind() {
		var e entry
		if v.scored {
			if err := r.expect('['); err != nil {
				return nil, err
			}
		}
		if e.text, err = r.text(); err != nil {
			return nil, err
		}
		if e.score, err = r.number(); err != nil {
			return nil, err
		}
		e.id = int32(len(v.list))
		if v.scored {
			err = r.expect(']')
		} else {
			e.id, err = toID(e.score)
		}
		if err != nil {
			return nil, err
		}
		v.list = append(v.list, e)
	}
	_, err = r.d.ReadToken()
	return v, err
}

// merges reads ["a b", ...] or [["a", "b"], ...].
func (r *jsonReader) merges() (any, error) {
	if err := r.expect('['); err != nil {
		return nil, err
	}
	list := make(mergeList, 0, (r.size-int(r.d.InputOffset()))/16)
	for r.d.PeekKind() != ']' {
		var m [2]string
		var err error
		if r.d.PeekKind() == '[' {
			if err := r.expect('['); err != nil {
				return nil, err
			}
			for i := range m {
				if m[i], err = r.text(); err != nil {
					return nil, err
				}
			}
			if err := r.expect(']'); err != nil {
				return nil, err
			}
		} else {
			text, err := r.text()
			if err != nil {
				return nil, err
			}
			var ok bool
			if m[0], m[1], ok = cutMerge(text); !ok {
				return nil, formatError("merge %d, %q, has no two parts", len(list), text)
			}
		}
		list = append(list, m)
	}
	_, err := r.d.ReadToken()
	return list, err
}

func (r *jsonReader) expect(k jsontext.Kind) error {
	t, err := r.d.ReadToken()
	if err == nil && t.Kind() != k {
		err = formatError("%v in the place of %v, at byte %d", t.Kind(), k, r.d.InputOffset())
	}
	return err
}

func (r *jsonReader) text() (string, error) {
	t, err := r.d.ReadToken()
	if err != nil {
		return "", err
	}
	if t.Kind() != '"' {
		return "", formatError("%v in the place of a string, at byte %d", t.Kind(), r.d.InputOffset())
	}
	return t.String(), nil
}

func (r *jsonReader) number() (float64, error) {
	t, err := r.d.ReadToken()
	if err != nil {
		return 0, err
	}
	if t.Kind() != '0' {
		return 0, formatError("%v in the place of a number, at byte %d", t.Kind(), r.d.InputOffset())
	}
	return t.Float()
}

// toID checks that a number can be the id of a token.
func toID(x float64) (int32, error) {
	if x != math.Trunc(x) || x < 0 || x > math.MaxInt32 {
		return 0, formatError("%v is no token id", x)
	}
	return int32(x), nil
}

func (o object) wrong(name, want string) {
	if o.r.err == nil {
		o.r.err = formatError("%s.%s is not %s", o.where, name, want)
	}
}

func (o object) has(name string) bool { return o.fields[name] != nil }

// field reads a field of a type; missing or null, it is as given.
func field[T any](o object, name string, missing T, want string) T {
	v := o.fields[name]
	if v == nil {
		return missing
	}
	x, ok := v.(T)
	if !ok {
		o.wrong(name, want)
		return missing
	}
	return x
}

func (o object) str(name, missing string) string          { return field(o, name, missing, "a string") }
func (o object) bool(name string, missing bool) bool      { return field(o, name, missing, "true or false") }
func (o object) num(name string, missing float64) float64 { return field(o, name, missing, "a number") }

// int reads a number without fraction from 0 to 2^31-1.
func (o object) int(name string, missing int32) int32 {
	x := o.num(name, float64(missing))
	n, err := toID(x)
	if err != nil && x != float64(missing) {
		o.wrong(name, "a whole number from 0 on")
	}
	if x == float64(missing) {
		return missing
	}
	return n
}

// object reads a field that is an object; ok is false if it is missing or null.
func (o object) object(name string) (object, bool) {
	m := field[map[string]any](o, name, nil, "an object")
	return object{m, o.where + "." + name, o.r}, m != nil
}

// objects reads a field that is a list of objects.
func (o object) objects(name string) []object {
	list := field[[]any](o, name, nil, "a list")
	out := make([]object, 0, len(list))
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			o.wrong(name, "a list of objects")
			return nil
		}
		out = append(out, object{m, o.where + "." + name + "[" + strconv.Itoa(i) + "]", o.r})
	}
	return out
}

// content reads a token's text: a string, or an object with content.
func (o object) content(name string) string {
	if _, plain := o.fields[name].(string); plain || !o.has(name) {
		return o.str(name, "")
	}
	inner, _ := o.object(name)
	return inner.str("content", "")
}

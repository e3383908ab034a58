package files

import (
	"bytes"
	"encoding/json/jsontext"
	"fmt"
	"io"
	"io/fs"

	"github.com/gander-lm/gander/core/errs"
)

// Number is a number of JSON as it is written, so that none loses a digit.
type Number string

// maxDepth bounds how deep values lie within each other; real files have ten levels.
const maxDepth = 100

// ReadObject reads a file that is a JSON object: see ParseObject.
func ReadObject(fsys fs.FS, name string, limit int64) (map[string]any, error) {
	b, err := Read(fsys, name, limit)
	if err != nil {
		return nil, err
	}
	return ParseObject(name, b)
}

// ReadList reads a file that is a JSON array, whose values are as those of ParseObject.
func ReadList(fsys fs.FS, name string, limit int64) ([]any, error) {
	b, err := Read(fsys, name, limit)
	if err != nil {
		return nil, err
	}
	return parseAll[[]any](name, b, "array")
}

// ParseObject returns the fields of a JSON object: strings, Numbers, bools, nil,
// []any and map[string]any. Anything else is an *errs.FormatError with the name.
func ParseObject(name string, b []byte) (map[string]any, error) {
	return parseAll[map[string]any](name, b, "object")
}

// parseAll reads a text that is one value of a type.
func parseAll[T any](name string, b []byte, what string) (T, error) {
	d := NewJSON(b)
	v, err := ParseValue(d)
	value, ok := v.(T)
	switch {
	case err != nil:
	case !ok:
		err = fmt.Errorf("it is %T", v)
	default:
		if _, end := d.ReadToken(); end != io.EOF {
			err = fmt.Errorf("it goes on after the %s", what)
		}
	}
	if err != nil {
		var none T
		return none, &errs.FormatError{Offset: d.InputOffset(), What: fmt.Sprintf("%s is no JSON %s: %v", name, what, err)}
	}
	return value, nil
}

// NewJSON returns a decoder of a text of JSON. It leaves it to ParseValue to notice
// names that are there twice.
func NewJSON(b []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true))
}

// ParseValue reads one value, as ParseObject has them.
func ParseValue(d *jsontext.Decoder) (any, error) { return parse(d, 0) }

func parse(d *jsontext.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels", maxDepth)
	}
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case '"':
		return t.String(), nil
	case '0':
		return Number(t.String()), nil
	case 't', 'f':
		return t.Bool(), nil
	case '[':
		list := []any{}
		for d.PeekKind() != ']' {
			v, err := parse(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.ReadToken()
		return list, err
	case '{':
		fields := map[string]any{}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			key := name.String() // the token is valid until the next is read
			if _, twice := fields[key]; twice {
				return nil, fmt.Errorf("%q is there twice", key)
			}
			if fields[key], err = parse(d, depth+1); err != nil {
				return nil, err
			}
		}
		_, err = d.ReadToken()
		return fields, err
	}
	return nil, nil // null
}

package chat

import (
	"encoding/json/jsontext"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// DecodeJSON reads one JSON value in the form that Input takes: nil, bool, int64,
// float64, string, []any, *Object. Objects keep the order of their keys. A half of a
// surrogate pair becomes U+FFFD.
func DecodeJSON(r io.Reader) (any, error) {
	d := jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	v, err := decode(d)
	if err != nil {
		return nil, fmt.Errorf("chat: %w", err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, fmt.Errorf("chat: there is more than one JSON value")
	}
	return v, nil
}

func decode(d *jsontext.Decoder) (any, error) {
	if d.StackDepth() > maxData {
		return nil, fmt.Errorf("the JSON is nested deeper than %d", maxData)
	}
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch t.Kind() {
	case jsontext.KindBeginObject:
		o := NewObject()
		for d.PeekKind() != jsontext.KindEndObject {
			name, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			key := name.String() // before the next token, which overwrites it
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			o.Set(key, v)
		}
		_, err = d.ReadToken()
		return o, err
	case jsontext.KindBeginArray:
		items := []any{}
		for d.PeekKind() != jsontext.KindEndArray {
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
		_, err = d.ReadToken()
		return items, err
	case jsontext.KindTrue, jsontext.KindFalse:
		return t.Bool(), nil
	case jsontext.KindString:
		return t.String(), nil
	case jsontext.KindNumber:
		return decodeNumber(t.String()), nil
	}
	return nil, nil
}

// decodeNumber gives an int64, a number where that is too small, or a float64.
func decodeNumber(s string) any {
	if strings.ContainsAny(s, ".eE") {
		f, _ := strconv.ParseFloat(s, 64) // infinite if it is out of range, as in Python
		return f
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	return number(s)
}

// convert turns what Input takes into values of the template.
func (in *interp) convert(v any, depth int) value {
	in.deep(depth)
	switch v := v.(type) {
	case nil, bool, int64, float64, string, number, *function:
		return v
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case float32:
		return float64(v)
	case Message:
		o := NewObject()
		o.set("role", v.Role)
		o.set("content", v.Content)
		return o
	case []any:
		return list(in.each(v, func(x value) value { return in.convert(x, depth+1) }))
	case []string:
		return in.strings(v)
	case *Object:
		o := NewObject()
		for i, k := range v.keys {
			o.set(k, in.convert(v.values[i], depth+1))
		}
		return o
	case map[string]any:
		o := NewObject()
		for _, k := range sortedKeys(v) {
			o.set(k, in.convert(v[k], depth+1))
		}
		return o
	}
	in.fail("the conversation has a value of the type %T, which a template can't have", v)
	return nil
}

package chat

import (
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// jsonWriter writes JSON as Python's json.dumps does.
type jsonWriter struct {
	in        *interp
	b         strings.Builder
	ascii     bool   // write nothing but ASCII
	sort      bool   // sort keys
	multiline bool   // an item a line
	indent    string // of a level, if multiline
	item, key string // separators
}

// toJSONFilter is tojson of transformers (chat_template_utils.py), which unlike
// Jinja's own escapes nothing for HTML.
func toJSONFilter(in *interp, a *args) value {
	b := a.bind(in, "tojson", "x", "ensure_ascii?", "indent?", "separators?", "sort_keys?")
	w := &jsonWriter{in: in, ascii: orBool(b[1], false), sort: orBool(b[4], false), item: ", ", key: ": "}
	if given(b[2]) && b[2] != nil {
		w.multiline, w.item = true, ","
		if s, ok := b[2].(string); ok {
			w.indent = s
		} else {
			w.indent = strings.Repeat(" ", in.times(1, in.orInt(b[2], "indent", 0), 1000))
		}
	}
	if given(b[3]) && b[3] != nil {
		pair, ok := b[3].(*seq)
		if !ok || len(pair.items) != 2 {
			in.fail("separators must be a pair of strings")
		}
		w.item, w.key = in.orString(pair.items[0], "a separator", ""), in.orString(pair.items[1], "a separator", "")
	}
	w.write(b[0], 0)
	return w.b.String()
}

// put writes a piece.
func (w *jsonWriter) put(s string) {
	w.in.step(1 + len(s)/16)
	if w.b.Len()+len(s) > maxString {
		w.in.made(maxString + 1)
	}
	w.b.WriteString(s)
}

func (w *jsonWriter) write(v value, depth int) {
	w.in.deep(depth)
	switch v := v.(type) {
	case nil:
		w.put("null")
	case bool:
		if v {
			w.put("true")
		} else {
			w.put("false")
		}
	case float64:
		w.put(jsonFloat(v))
	case int64, number:
		w.put(repr(v))
	case string:
		w.string(v)
	case *seq:
		w.all("[", "]", len(v.items), depth, func(i int) { w.write(v.items[i], depth+1) })
	case *Object:
		order := make([]int, len(v.keys))
		for i := range order {
			order[i] = i
		}
		if w.sort {
			slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(str(v.keys[i]), str(v.keys[j])) })
		}
		w.all("{", "}", len(order), depth, func(i int) {
			w.name(v.keys[order[i]])
			w.put(w.key)
			w.write(v.values[order[i]], depth+1)
		})
	default:
		w.in.fail("object of type %s is not JSON serializable", typeName(v))
	}
}

// all writes n items between brackets.
func (w *jsonWriter) all(open, end string, n, depth int, item func(i int)) {
	w.put(open)
	for i := range n {
		if i > 0 {
			w.put(w.item)
		}
		w.newline(depth + 1)
		item(i)
	}
	if n > 0 {
		w.newline(depth)
	}
	w.put(end)
}

func (w *jsonWriter) newline(depth int) {
	if w.multiline {
		w.put("\n" + strings.Repeat(w.indent, depth))
	}
}

// name writes the key of an object, which JSON has only strings for.
func (w *jsonWriter) name(key value) {
	switch k := key.(type) {
	case nil:
		key = "null"
	case bool:
		key = strings.ToLower(repr(k))
	case int64, number:
		key = repr(k)
	case float64:
		key = jsonFloat(k)
	}
	s, ok := key.(string)
	if !ok {
		w.in.fail("keys must be str, int, float, bool or None, not %s", typeName(key))
	}
	w.string(s)
}

func jsonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f != f:
		return "NaN"
	}
	return formatFloat(f)
}

// shortEscapes are the characters that JSON has a short escape for.
var shortEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func (w *jsonWriter) string(s string) {
	w.in.made(len(s))
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		short, ok := shortEscapes[r]
		switch {
		case ok:
			b.WriteString(short)
		case r < ' ' || w.ascii && r > '~' && r < 0x10000:
			writeHex(&b, `\u`, r, 4)
		case w.ascii && r > '~':
			high, low := utf16.EncodeRune(r)
			writeHex(&b, `\u`, high, 4)
			writeHex(&b, `\u`, low, 4)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	w.put(b.String())
}

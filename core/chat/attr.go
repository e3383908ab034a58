package chat

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// unsafe are the methods that change a value, which the sandbox keeps from templates.
var unsafe = map[string][]string{
	"list": {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"},
	"dict": {"clear", "pop", "popitem", "setdefault", "update"},
}

// attr is v.name: an attribute or method, or else the item of that name.
func (in *interp) attr(v value, name string) value {
	if a, ok := in.ownAttr(v, name); ok {
		return a
	}
	if u, ok := v.(undefined); ok {
		in.fail("%s", u.what)
	}
	if o, ok := v.(*Object); ok {
		if item, ok := o.get(name); ok {
			return item
		}
	}
	return missingAttr(v, name)
}

// ownAttr returns an attribute or a method that values of this type have.
func (in *interp) ownAttr(v value, name string) (value, bool) {
	switch v := v.(type) {
	case string:
		if m, ok := stringMethods[name]; ok {
			return &function{name, func(in *interp, a *args) value { return m(in, v, a) }}, true
		}
	case *seq:
		if i := slices.Index(v.names, name); i >= 0 {
			return v.items[i], true
		}
		if m, ok := seqMethods[name]; ok && (v.kind == listSeq || v.kind == tupleSeq) {
			return &function{name, func(in *interp, a *args) value { return m(in, v, a) }}, true
		}
	case *Object:
		if m, ok := dictMethods[name]; ok {
			return &function{name, func(in *interp, a *args) value { return m(in, v, a) }}, true
		}
	case *namespace:
		return v.attrs.get(name)
	case *loop:
		return v.attr(in, name)
	case *function:
		if name == "name" {
			return v.name, true
		}
	}
	if t := typeName(v); slices.Contains(unsafe[t], name) {
		return undefined{"access to attribute " + repr(name) + " of " + repr(t) + " object is unsafe"}, true
	}
	return nil, false
}

// item is v[key]: an item, or else the attribute of that name.
func (in *interp) item(v, key value) value {
	switch v := v.(type) {
	case undefined:
		in.fail("%s", v.what)
	case *Object:
		if item, ok := v.get(key); ok {
			return item
		}
	case *seq:
		if i, ok := index(key, len(v.items)); ok {
			return v.items[i]
		}
	case string:
		if !isInt(key) {
			break
		}
		n := in.length(v)
		if i, ok := index(key, n); ok {
			start, end := runeAt(v, i), runeAt(v, i+1)
			in.made(end)
			return v[start:end]
		}
	}
	name, isName := key.(string)
	if !isName {
		return undefined{objectName(v) + " has no element " + in.repr(key)}
	}
	if a, ok := in.ownAttr(v, name); ok {
		return a
	}
	return missingAttr(v, name)
}

// index returns the place that an index means among n items, from the end if it is
// negative.
func index(key value, n int) (int, bool) {
	if !isInt(key) {
		return 0, false
	}
	i := toInt(key)
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// length is how many characters a string has.
func (in *interp) length(s string) int {
	in.made(len(s))
	return utf8.RuneCountInString(s)
}

// runeAt returns the byte that character i of s begins at.
func runeAt(s string, i int) int {
	for at := range s {
		if i == 0 {
			return at
		}
		i--
	}
	return len(s)
}

// slice is v[start:stop:step].
func (in *interp) slice(v, start, stop, step value) value {
	by := int64(1)
	if step != nil {
		if by = in.orInt(step, "slice step", 1); by == 0 {
			in.fail("slice step cannot be zero")
		}
	}
	switch v := v.(type) {
	case undefined:
		in.fail("%s", v.what)
	case string:
		n := in.length(v)
		from, to := in.bounds(start, stop, by, n)
		by = within(by, n)
		if by == 1 {
			if from >= to {
				return ""
			}
			return in.text(v[runeAt(v, int(from)):runeAt(v, int(to))])
		}
		runes := []rune(v)
		var b strings.Builder
		for i := from; by > 0 && i < to || by < 0 && i > to; i += by {
			b.WriteRune(runes[i])
		}
		return in.text(b.String())
	case *seq:
		from, to := in.bounds(start, stop, by, len(v.items))
		by = within(by, len(v.items))
		var items []value
		for i := from; by > 0 && i < to || by < 0 && i > to; i += by {
			items = append(items, v.items[i])
		}
		kind := v.kind
		if kind >= genSeq {
			kind = listSeq
		}
		return &seq{kind: kind, items: in.items(items)}
	}
	return undefined{objectName(v) + " can't be sliced"}
}

// within returns a step that leads out of n items where by does, and with which no
// number overflows.
func within(by int64, n int) int64 { return max(-int64(n)-1, min(by, int64(n)+1)) }

// bounds returns where a slice of n items begins and ends (PySlice_AdjustIndices).
func (in *interp) bounds(start, stop value, by int64, n int) (from, to int64) {
	length := int64(n)
	low, high := int64(0), length
	if by < 0 {
		low, high = -1, length-1
	}
	bound := func(v value, byDef int64) int64 {
		if v == nil {
			return byDef
		}
		i := in.orInt(v, "slice index", 0)
		if i < 0 {
			i += length
		}
		return max(low, min(high, i))
	}
	if by < 0 {
		return bound(start, high), bound(stop, low)
	}
	return bound(start, low), bound(stop, high)
}

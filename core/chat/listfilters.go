package chat

import "strings"

// addListFilters adds the filters of lists that give one of their items, or all of
// them in another form.
func addListFilters(add func(name string, f builtin)) {
	add("length", lengthFilter)
	add("list", func(in *interp, a *args) value {
		items := in.iterate(a.bind(in, "list", "value")[0])
		return list(in.items(append([]value(nil), items...)))
	})
	add("first", func(in *interp, a *args) value {
		if items := in.iterate(a.bind(in, "first", "seq")[0]); len(items) > 0 {
			return items[0]
		}
		return undefined{"no first item, sequence was empty"}
	})
	add("last", func(in *interp, a *args) value {
		if items := in.iterate(a.bind(in, "last", "seq")[0]); len(items) > 0 {
			return items[len(items)-1]
		}
		return undefined{"no last item, sequence was empty"}
	})
	add("join", joinFilter)
	add("reverse", reverseFilter)
	add("items", func(in *interp, a *args) value {
		switch v := a.bind(in, "items", "value")[0].(type) {
		case undefined:
			return generator(nil)
		case *Object:
			return generator(in.items(v.items()))
		}
		in.fail("can only get item pairs from a mapping")
		return nil
	})
	add("default", func(in *interp, a *args) value {
		b := a.bind(in, "default", "value", "default_value?", "boolean?")
		_, missing := b[0].(undefined)
		switch {
		case !missing && !(orBool(b[2], false) && !truth(b[0])):
			return b[0]
		case given(b[1]):
			return b[1]
		}
		return ""
	})
	add("attr", func(in *interp, a *args) value {
		b := a.bind(in, "attr", "obj", "name")
		if v, ok := in.ownAttr(b[0], in.str(b[1])); ok {
			return v
		}
		return missingAttr(b[0], in.str(b[1]))
	})
	add("map", mapFilter)
	add("select", pick("select", true, false))
	add("reject", pick("reject", false, false))
	add("selectattr", pick("selectattr", true, true))
	add("rejectattr", pick("rejectattr", false, true))
	add("sort", sortFilter)
	add("dictsort", dictSortFilter)
	add("unique", uniqueFilter)
	add("groupby", groupByFilter)
	add("min", extreme("min", -1))
	add("max", extreme("max", 1))
	add("batch", batchFilter)
	add("slice", sliceFilter)
}

// lengthFilter is len(). A generator has a length here, which it has not in Python:
// there is no other sense that it could have.
func lengthFilter(in *interp, a *args) value {
	switch v := a.bind(in, "length", "value")[0].(type) {
	case string:
		return int64(in.length(v))
	case *seq:
		return int64(len(v.items))
	case *Object:
		return int64(v.Len())
	case undefined:
		return int64(0)
	case *loop:
		return v.count(in)
	default:
		in.fail("object of type '%s' has no len()", typeName(v))
	}
	return nil
}

func joinFilter(in *interp, a *args) value {
	b := a.bind(in, "join", "value", "d?", "attribute?")
	sep := ""
	if given(b[1]) {
		sep = in.str(b[1])
	}
	items := in.iterate(b[0])
	if given(b[2]) && b[2] != nil {
		path := in.path(b[2])
		items = in.each(items, func(v value) value { return in.follow(v, path, nil) })
	}
	parts := make([]string, len(items))
	n := 0
	for i, item := range items {
		parts[i] = in.str(item)
		n += len(parts[i]) + len(sep)
		in.made(n)
	}
	return strings.Join(parts, sep)
}

// each gives what f makes of the items.
func (in *interp) each(items []value, f func(value) value) []value {
	in.room(len(items))
	made := make([]value, len(items))
	for i, item := range items {
		made[i] = f(item)
	}
	return made
}

func reverseFilter(in *interp, a *args) value {
	v := a.bind(in, "reverse", "value")[0]
	items := in.iterate(v)
	reversed := make([]value, len(items))
	for i, item := range items {
		reversed[len(items)-1-i] = item
	}
	in.items(reversed)
	if _, ok := v.(string); ok {
		var b strings.Builder
		for _, r := range reversed {
			b.WriteString(r.(string))
		}
		return b.String()
	}
	return generator(reversed)
}

// path is the keys that an attribute such as "function.name" or "0.role" goes through.
func (in *interp) path(attribute value) []value {
	s, ok := attribute.(string)
	if !ok {
		if attribute == nil || !given(attribute) {
			return nil
		}
		return []value{attribute}
	}
	var keys []value
	for _, part := range strings.Split(s, ".") {
		if i, ok := parseInt(part, 10); ok && part[0] != '-' && part[0] != '+' {
			keys = append(keys, i)
		} else {
			keys = append(keys, part)
		}
	}
	return keys
}

// follow goes along a path; what is not there is byDef, if that is not nil.
func (in *interp) follow(v value, path []value, byDef value) value {
	for _, key := range path {
		in.step(1)
		v = in.item(v, key)
		if _, missing := v.(undefined); missing && byDef != nil {
			v = byDef
		}
	}
	return v
}

// fold is what values are compared by: strings without their case, unless it matters.
func (in *interp) fold(v value, caseSensitive value) value {
	if s, ok := v.(string); ok && !orBool(caseSensitive, false) {
		return in.text(lower(s))
	}
	return v
}

// some is the items of a value that is true; map and select take any other for none.
func (in *interp) some(v value) []value {
	if !truth(v) {
		return nil
	}
	return in.iterate(v)
}

func mapFilter(in *interp, a *args) value {
	items := in.some(a.pos[0])
	if attribute, ok := a.named.get("attribute"); ok && len(a.pos) == 1 {
		b := a.bind(in, "map", "value", "attribute?", "default?")
		path := in.path(attribute)
		byDef := b[2]
		if !given(byDef) {
			byDef = nil
		}
		return generator(in.each(items, func(v value) value { return in.follow(v, path, byDef) }))
	}
	if len(a.pos) < 2 {
		in.fail("map requires a filter argument")
	}
	name := in.orString(a.pos[1], "the name of a filter", "")
	return generator(in.each(items, func(v value) value { return in.applyFilter(name, a.from(v, 2)) }))
}

// from gives the arguments from the n-th on, for another value.
func (a *args) from(v value, n int) *args {
	return &args{append([]value{v}, a.pos[min(n, len(a.pos)):]...), a.named}
}

// pick makes select and its kin: the items, or those with an attribute, for which a
// test holds or does not.
func pick(name string, want, attribute bool) builtin {
	return func(in *interp, a *args) value {
		var path []value
		next := 1
		if attribute {
			if len(a.pos) < 2 {
				in.fail("%s: missing parameter for attribute name", name)
			}
			path, next = in.path(a.pos[1]), 2
		}
		holds := truth
		if len(a.pos) > next {
			test := in.orString(a.pos[next], "the name of a test", "")
			holds = func(v value) bool { return truth(in.applyTest(test, a.from(v, next+1))) }
		}
		var picked []value
		for _, item := range in.some(a.pos[0]) {
			in.step(1)
			if holds(in.follow(item, path, nil)) == want {
				picked = append(picked, item)
			}
		}
		return generator(picked)
	}
}

package chat

import (
	"slices"
	"strings"
)

// sorted sorts items by their keys, of which there is one for each. Equal ones keep
// their order.
func (in *interp) sorted(items, keys []value, reverse bool) []value {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	in.room(len(items))
	slices.SortStableFunc(order, func(i, j int) int {
		c, ok := in.order(keys[i], keys[j], 0)
		if !ok {
			in.noOrder("<", keys[i], keys[j])
		}
		if c == unordered {
			return 0
		}
		if reverse {
			return -c
		}
		return c
	})
	result := make([]value, len(items))
	for i, from := range order {
		result[i] = items[from]
	}
	return result
}

func sortFilter(in *interp, a *args) value {
	b := a.bind(in, "sort", "value", "reverse?", "case_sensitive?", "attribute?")
	var paths [][]value
	if s, ok := b[3].(string); ok {
		for part := range strings.SplitSeq(s, ",") {
			paths = append(paths, in.path(part))
		}
	} else {
		paths = append(paths, in.path(b[3]))
	}
	items := in.iterate(b[0])
	keys := in.each(items, func(v value) value {
		key := make([]value, len(paths))
		for i, path := range paths {
			key[i] = in.fold(in.follow(v, path, nil), b[2])
		}
		return list(key)
	})
	return list(in.sorted(items, keys, orBool(b[1], false)))
}

func dictSortFilter(in *interp, a *args) value {
	b := a.bind(in, "dictsort", "value", "case_sensitive?", "by?", "reverse?")
	o, ok := b[0].(*Object)
	if !ok {
		in.fail("dictsort needs a mapping, not %s", typeName(b[0]))
	}
	by := o.keys
	switch in.orString(b[2], "by", "key") {
	case "key":
	case "value":
		by = o.values
	default:
		in.fail(`you can only sort by either "key" or "value"`)
	}
	keys := in.each(by, func(v value) value { return in.fold(v, b[1]) })
	return list(in.sorted(in.items(o.items()), keys, orBool(b[3], false)))
}

func uniqueFilter(in *interp, a *args) value {
	b := a.bind(in, "unique", "value", "case_sensitive?", "attribute?")
	path := in.path(b[2])
	seen := NewObject()
	var items []value
	for _, item := range in.iterate(b[0]) {
		in.step(1)
		key := in.fold(in.follow(item, path, nil), b[1])
		in.key(key)
		if _, ok := seen.get(key); !ok {
			seen.set(key, nil)
			items = append(items, item)
		}
	}
	return generator(items)
}

func groupByFilter(in *interp, a *args) value {
	b := a.bind(in, "groupby", "value", "attribute", "default?", "case_sensitive?")
	path := in.path(b[1])
	byDef := b[2]
	if !given(byDef) {
		byDef = nil
	}
	items := in.iterate(b[0])
	keyOf := func(v value) value { return in.fold(in.follow(v, path, byDef), b[3]) }
	items = in.sorted(items, in.each(items, keyOf), false)
	var groups []value
	var members *seq
	var last value
	for _, item := range items {
		key := keyOf(item)
		if members == nil || !in.equal(key, last) {
			members, last = list(nil), key
			if !orBool(b[3], false) {
				key = in.follow(item, path, byDef)
			}
			groups = append(groups, &seq{kind: tupleSeq, items: []value{key, members}, names: []string{"grouper", "list"}})
		}
		members.items = append(members.items, item)
	}
	return list(groups)
}

// extreme makes min (sign -1) and max (sign 1), which give the first of several.
func extreme(name string, sign int) builtin {
	return func(in *interp, a *args) value {
		b := a.bind(in, name, "value", "case_sensitive?", "attribute?")
		path := in.path(b[2])
		items := in.iterate(b[0])
		if len(items) == 0 {
			return undefined{"no aggregated item, sequence was empty"}
		}
		keys := in.each(items, func(v value) value { return in.fold(in.follow(v, path, nil), b[1]) })
		best := 0
		for i := 1; i < len(items); i++ {
			c, ok := in.order(keys[i], keys[best], 0)
			if !ok {
				in.noOrder("<", keys[i], keys[best])
			}
			if c == sign {
				best = i
			}
		}
		return items[best]
	}
}

func batchFilter(in *interp, a *args) value {
	b := a.bind(in, "batch", "value", "linecount", "fill_with?")
	n := in.orInt(b[1], "linecount", 1)
	if n < 1 || n > maxItems {
		in.fail("linecount is %d, must be from 1 to %d", n, maxItems)
	}
	var batches []value
	for part := range slices.Chunk(in.iterate(b[0]), int(n)) {
		row := append([]value(nil), part...)
		for given(b[2]) && b[2] != nil && len(row) < int(n) {
			in.step(1)
			row = append(row, b[2])
		}
		batches = append(batches, list(in.items(row)))
	}
	return generator(batches)
}

func sliceFilter(in *interp, a *args) value {
	b := a.bind(in, "slice", "value", "slices", "fill_with?")
	items := in.iterate(b[0])
	n := in.orInt(b[1], "slices", 1)
	if n < 1 || n > maxItems {
		in.fail("slices is %d, must be from 1 to %d", n, maxItems)
	}
	in.room(int(n))
	size, extra := len(items)/int(n), len(items)%int(n)
	var slices []value
	for i := range int(n) {
		k := size
		if i < extra {
			k++
		}
		column := append([]value(nil), items[:k]...)
		items = items[k:]
		if given(b[2]) && b[2] != nil && i >= extra {
			column = append(column, b[2])
		}
		slices = append(slices, list(in.items(column)))
	}
	return generator(slices)
}

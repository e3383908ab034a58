package chat

// globals are the functions that every template has: those of jinja2's defaults.py,
// and raise_exception and strftime_now of transformers.
var globals map[string]value

func init() {
	globals = map[string]value{}
	for name, f := range map[string]builtin{
		"range":           rangeFunc,
		"dict":            func(in *interp, a *args) value { return in.makeObject("dict", a) },
		"namespace":       func(in *interp, a *args) value { return &namespace{in.makeObject("namespace", a)} },
		"cycler":          cycler,
		"joiner":          joiner,
		"raise_exception": raiseException,
		"strftime_now": func(in *interp, a *args) value {
			format := in.orString(a.bind(in, "strftime_now", "format")[0], "the format", "")
			return in.text(in.strftime(format))
		},
	} {
		globals[name] = &function{name, f}
	}
}

// raiseException lets a template refuse a conversation.
func raiseException(in *interp, a *args) value {
	in.fail("the template refuses: %s", in.str(a.bind(in, "raise_exception", "message")[0]))
	return nil
}

func rangeFunc(in *interp, a *args) value {
	if a.named.Len() > 0 {
		in.fail("range() takes no keyword arguments")
	}
	b := a.bind(in, "range", "start", "stop?", "step?")
	start, stop, step := int64(0), in.orInt(b[0], "stop", 0), in.orInt(b[2], "step", 1)
	if given(b[1]) {
		start, stop = stop, in.orInt(b[1], "stop", 0)
	}
	if step == 0 {
		in.fail("range() arg 3 must not be zero")
	}
	var items []value
	for i := start; step > 0 && i < stop || step < 0 && i > stop; {
		if len(items) == maxRange {
			in.fail("range too big: it has more than %d items", maxRange)
		}
		items = append(items, i)
		next := i + step
		if (next > i) != (step > 0) {
			break // past the ends of int64
		}
		i = next
	}
	return &seq{kind: rangeSeq, items: in.items(items)}
}

// makeObject makes a dict of a mapping or of pairs, and of keywords.
func (in *interp) makeObject(what string, a *args) *Object {
	made := NewObject()
	if len(a.pos) > 1 {
		in.fail("%s expected at most 1 argument, got %d", what, len(a.pos))
	}
	if len(a.pos) == 1 {
		if o, ok := a.pos[0].(*Object); ok {
			in.room(o.Len())
			for i, k := range o.keys {
				made.set(k, o.values[i])
			}
		} else {
			for _, item := range in.iterate(a.pos[0]) {
				pair := in.iterate(item)
				if len(pair) != 2 {
					in.fail("a sequence of %d items is no pair of a key and a value", len(pair))
				}
				in.key(pair[0])
				in.step(1)
				made.set(pair[0], pair[1])
			}
		}
	}
	for i, k := range a.named.keys {
		made.set(k, a.named.values[i])
	}
	return made
}

// cycler gives one of its arguments after the other.
func cycler(in *interp, a *args) value {
	if len(a.pos) == 0 {
		in.fail("at least one item has to be provided")
	}
	items, i := a.pos, 0
	o := &namespace{NewObject()}
	at := func() { o.attrs.set("current", items[i]) }
	at()
	o.attrs.set("next", &function{"next", func(in *interp, a *args) value {
		v := items[i]
		i = (i + 1) % len(items)
		at()
		return v
	}})
	o.attrs.set("reset", &function{"reset", func(in *interp, a *args) value {
		i = 0
		at()
		return nil
	}})
	return o
}

// joiner gives nothing at first, and its separator from then on.
func joiner(in *interp, a *args) value {
	sep := in.orString(a.bind(in, "joiner", "sep?")[0], "sep", ", ")
	used := false
	return &function{"joiner", func(*interp, *args) value {
		if !used {
			used = true
			return ""
		}
		return sep
	}}
}

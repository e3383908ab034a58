package chat

import (
	"slices"
	"strings"
)

// args is what a function, filter, test or method is called with. The first of pos
// is the value for a filter and a test.
type args struct {
	pos   []value
	named *Object
}

// absent is an argument that is not given.
type absent struct{}

// eval evaluates arguments, leaving room for so many before them.
func (l *argList) eval(in *interp, s *scope, before int) *args {
	a := &args{pos: make([]value, before, before+len(l.pos)), named: NewObject()}
	for _, x := range l.pos {
		a.pos = append(a.pos, in.eval(x, s))
	}
	for i, name := range l.names {
		a.named.set(name, in.eval(l.named[i], s))
	}
	if l.star != nil {
		a.pos = append(a.pos, in.iterate(in.eval(l.star, s))...)
	}
	if l.dict != nil {
		o, ok := in.eval(l.dict, s).(*Object)
		if !ok {
			in.fail("the argument after ** must be a mapping")
		}
		for i, k := range o.keys {
			name, ok := k.(string)
			if !ok {
				in.fail("keywords must be strings")
			}
			in.step(1)
			a.named.set(name, o.values[i])
		}
	}
	return a
}

// call calls a value.
func (in *interp) call(f value, a *args) value {
	in.enter()
	defer func() { in.depth-- }()
	switch f := f.(type) {
	case *function:
		return f.call(in, a)
	case *loop:
		return f.recurse(in, a)
	case undefined:
		in.fail("%s", f.what)
	}
	in.fail("'%s' object is not callable", typeName(f))
	return nil
}

// bind gives the arguments in the order of names, of which those with a ? at the end
// may be left out and are absent then. It fails for arguments that have no name there.
func (a *args) bind(in *interp, what string, names ...string) []value {
	if len(a.pos) > len(names) {
		in.fail("%s() takes at most %d arguments, %d were given", what, len(names), len(a.pos))
	}
	bound := make([]value, len(names))
	named := 0
	for i, name := range names {
		name, optional := strings.CutSuffix(name, "?")
		v, ok := a.named.get(name)
		if ok {
			named++
		}
		switch {
		case i < len(a.pos) && ok:
			in.fail("%s() got two values for %s", what, repr(name))
		case i < len(a.pos):
			bound[i] = a.pos[i]
		case ok:
			bound[i] = v
		case !optional:
			in.fail("%s() needs the argument %s", what, repr(name))
		default:
			bound[i] = absent{}
		}
	}
	if named < a.named.Len() {
		for _, k := range a.named.keys {
			if name := k.(string); !slices.Contains(names, name) && !slices.Contains(names, name+"?") {
				in.fail("%s() got an unexpected keyword argument %s", what, repr(name))
			}
		}
	}
	return bound
}

func given(v value) bool { return v != value(absent{}) }

// orInt is an argument that is an integer, or its default.
func (in *interp) orInt(v value, name string, byDef int64) int64 {
	if !given(v) {
		return byDef
	}
	if !isInt(v) {
		in.fail("%s must be an integer, not %s", name, typeName(v))
	}
	return toInt(v)
}

// orString is an argument that is a string, or its default.
func (in *interp) orString(v value, name, byDef string) string {
	if !given(v) {
		return byDef
	}
	s, ok := v.(string)
	if !ok {
		in.fail("%s must be a string, not %s", name, typeName(v))
	}
	return s
}

// orBool is whether an argument is true, or its default.
func orBool(v value, byDef bool) bool {
	if !given(v) {
		return byDef
	}
	return truth(v)
}

// iterate returns the items of what can be looped over. A generator has none after.
func (in *interp) iterate(v value) []value {
	switch v := v.(type) {
	case *seq:
		items := v.items
		if v.kind == genSeq {
			v.items = nil
		}
		return items
	case *Object:
		return v.keys
	case string:
		in.made(len(v))
		items := make([]value, 0, len(v))
		for _, r := range v {
			items = append(items, string(r))
		}
		return in.items(items)
	case undefined:
		return nil
	}
	in.fail("'%s' object is not iterable", typeName(v))
	return nil
}

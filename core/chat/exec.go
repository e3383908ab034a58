package chat

func (n *textNode) exec(in *interp, _ *scope) control {
	in.write(n.text)
	return goOn
}

func (n *printNode) exec(in *interp, s *scope) control {
	in.line = int(n.at)
	in.write(in.str(in.eval(n.x, s)))
	return goOn
}

func (n *ifNode) exec(in *interp, s *scope) control {
	for _, b := range n.branches {
		in.line = int(n.at)
		if truth(in.eval(b.cond, s)) {
			return in.exec(b.body, s)
		}
	}
	return in.exec(n.orElse, s)
}

func (n *setNode) exec(in *interp, s *scope) control {
	in.line = int(n.at)
	v := in.eval(n.x, s)
	n.target.assign(in, s, s, v)
	return goOn
}

// assign sets the variables of a target in the scope to. Namespaces are looked up in s.
func (t *target) assign(in *interp, s, to *scope, v value) {
	switch {
	case t.items != nil:
		items := in.iterate(v)
		if len(items) < len(t.items) {
			in.fail("not enough values to unpack (expected %d, got %d)", len(t.items), len(items))
		} else if len(items) > len(t.items) {
			in.fail("too many values to unpack (expected %d)", len(t.items))
		}
		for i := range items {
			t.items[i].assign(in, s, to, items[i])
		}
	case t.attr != "":
		found, _ := s.get(t.name)
		ns, ok := found.(*namespace)
		if !ok {
			in.line = int(t.at)
			in.fail("cannot assign attribute on non-namespace object")
		}
		ns.attrs.set(t.attr, v)
	default:
		to.set(t.name, v)
	}
}

func (n *setBlockNode) exec(in *interp, s *scope) control {
	text, how := in.capture(func() control { return in.exec(n.body, s.child()) })
	if how != goOn {
		return how
	}
	n.target.assign(in, s, s, in.pipe(text, n.filter, s))
	return goOn
}

func (n *filterNode) exec(in *interp, s *scope) control {
	text, how := in.capture(func() control { return in.exec(n.body, s.child()) })
	if how != goOn {
		return how
	}
	in.write(in.str(in.pipe(text, n.filter, s)))
	return goOn
}

// pipe sends a value through filters.
func (in *interp) pipe(v value, calls []filterCall, s *scope) value {
	for i := range calls {
		v = in.filter(v, &calls[i], s)
	}
	return v
}

func (n *withNode) exec(in *interp, s *scope) control {
	inner := s.child()
	for i, t := range n.targets {
		in.line = int(n.at)
		t.assign(in, s, inner, in.eval(n.values[i], s))
	}
	return in.exec(n.body, inner)
}

func (n *scopeNode) exec(in *interp, s *scope) control { return in.exec(n.body, s.child()) }

func (n *loopControl) exec(*interp, *scope) control { return n.how }

func (n *macroNode) exec(in *interp, s *scope) control {
	s.set(n.def.name, n.def.bind(s))
	return goOn
}

func (n *callNode) exec(in *interp, s *scope) control {
	in.line = int(n.at)
	f := in.eval(n.call.f, s)
	a := n.call.argList.eval(in, s, 0)
	a.named.set("caller", n.caller.bind(s))
	in.line = int(n.at)
	in.write(in.str(in.call(f, a)))
	return goOn
}

// bind makes a function of a macro, whose free variables are those of s.
func (m *macroDef) bind(s *scope) *function {
	return &function{m.name, func(in *interp, a *args) value {
		inner := s.child()
		m.setParams(in, inner, a)
		text, _ := in.capture(func() control { return in.exec(m.body, inner) })
		return text
	}}
}

// setParams sets the parameters of a macro, as Macro.__call__ of jinja2's runtime.py does.
func (m *macroDef) setParams(in *interp, s *scope, a *args) {
	taken := 0
	given := make([]bool, len(m.params))
	for i, p := range m.params {
		if i < len(a.pos) {
			s.set(p.name, a.pos[i])
			given[i] = true
		} else if v, ok := a.named.get(p.name); ok {
			s.set(p.name, v)
			given[i] = true
			taken++
		}
	}
	if m.caller {
		v, ok := a.named.get("caller")
		if ok {
			taken++
		} else {
			v = undefined{"No caller defined"}
		}
		s.set("caller", v)
	}
	switch {
	case m.kwargs:
		rest := NewObject()
		for i, k := range a.named.keys {
			if name := k.(string); !m.argNames[name] && !(m.caller && name == "caller") {
				rest.set(k, a.named.values[i])
			}
		}
		s.set("kwargs", rest)
	case taken < a.named.Len():
		for _, k := range a.named.keys {
			if name := k.(string); !m.argNames[name] || contains(m.params[:min(len(a.pos), len(m.params))], name) {
				in.fail("macro %s takes no keyword argument %s", repr(m.name), repr(name))
			}
		}
	}
	switch {
	case m.varargs:
		s.set("varargs", tuple(a.pos[min(len(m.params), len(a.pos)):]...))
	case len(a.pos) > len(m.params):
		in.fail("macro %s takes not more than %d argument(s)", repr(m.name), len(m.params))
	}
	for i, p := range m.params {
		if given[i] {
			continue
		}
		if p.byDef == nil {
			s.set(p.name, undefined{"parameter " + repr(p.name) + " was not provided"})
		} else {
			s.set(p.name, in.eval(p.byDef, s))
		}
	}
}

func contains(params []param, name string) bool {
	for _, p := range params {
		if p.name == name {
			return true
		}
	}
	return false
}

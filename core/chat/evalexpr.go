package chat

func (x *constExpr) eval(*interp, *scope) value { return x.v }

func (x *nameExpr) eval(_ *interp, s *scope) value {
	if v, ok := s.get(x.name); ok {
		return v
	}
	return undefined{repr(x.name) + " is undefined"}
}

func (x *listExpr) eval(in *interp, s *scope) value {
	in.room(len(x.items))
	items := make([]value, len(x.items))
	for i := range items {
		items[i] = in.eval(x.items[i], s)
	}
	return &seq{kind: x.kind, items: items}
}

func (x *dictExpr) eval(in *interp, s *scope) value {
	o := NewObject()
	for i, k := range x.keys {
		key := in.eval(k, s)
		v := in.eval(x.values[i], s)
		in.line = int(x.at)
		in.key(key)
		o.set(key, v)
	}
	return o
}

// key checks that v can be a key.
func (in *interp) key(v value) {
	if _, ok := hash(v); !ok {
		in.fail("unhashable type: '%s'", typeName(v))
	}
}

func (x *attrExpr) eval(in *interp, s *scope) value {
	v := in.eval(x.x, s)
	in.line = int(x.at)
	return in.attr(v, x.name)
}

func (x *itemExpr) eval(in *interp, s *scope) value {
	v := in.eval(x.x, s)
	key := in.eval(x.key, s)
	in.line = int(x.at)
	return in.item(v, key)
}

func (x *sliceExpr) eval(in *interp, s *scope) value {
	v := in.eval(x.x, s)
	var bounds [3]value
	for i, b := range []expr{x.start, x.stop, x.step} {
		if b != nil {
			bounds[i] = in.eval(b, s)
		}
	}
	in.line = int(x.at)
	return in.slice(v, bounds[0], bounds[1], bounds[2])
}

func (x *callExpr) eval(in *interp, s *scope) value {
	f := in.eval(x.f, s)
	a := x.argList.eval(in, s, 0)
	in.line = int(x.at)
	return in.call(f, a)
}

func (x *filterExpr) eval(in *interp, s *scope) value {
	return in.filter(in.eval(x.x, s), &x.filterCall, s)
}

// filter sends a value through a filter.
func (in *interp) filter(v value, c *filterCall, s *scope) value {
	a := c.argList.eval(in, s, 1)
	a.pos[0] = v
	in.line = c.line
	return in.applyFilter(c.name, a)
}

func (in *interp) applyFilter(name string, a *args) value {
	f, ok := filters[name]
	if !ok {
		in.fail("there is no filter %s", repr(name))
	}
	return f(in, a)
}

func (x *testExpr) eval(in *interp, s *scope) value {
	v := in.eval(x.x, s)
	a := x.argList.eval(in, s, 1)
	a.pos[0] = v
	in.line = int(x.at)
	return in.applyTest(x.name, a)
}

func (in *interp) applyTest(name string, a *args) value {
	f, ok := tests[name]
	if !ok {
		in.fail("there is no test %s", repr(name))
	}
	return f(in, a)
}

func (x *unaryExpr) eval(in *interp, s *scope) value {
	v := in.eval(x.x, s)
	in.line = int(x.at)
	if x.op == "not" {
		return !truth(v)
	}
	return in.sign(x.op, v)
}

func (x *binaryExpr) eval(in *interp, s *scope) value {
	v := in.eval(x.x, s)
	switch x.op {
	case "and":
		if !truth(v) {
			return v
		}
		return in.eval(x.y, s)
	case "or":
		if truth(v) {
			return v
		}
		return in.eval(x.y, s)
	}
	w := in.eval(x.y, s)
	in.line = int(x.at)
	return in.arith(x.op, v, w)
}

func (x *compareExpr) eval(in *interp, s *scope) value {
	left := in.eval(x.x, s)
	for i, op := range x.ops {
		right := in.eval(x.rest[i], s)
		in.line = int(x.at)
		if !in.compare(op, left, right) {
			return false
		}
		left = right
	}
	return true
}

func (x *concatExpr) eval(in *interp, s *scope) value {
	parts := make([]string, len(x.items))
	n := 0
	for i := range parts {
		parts[i] = in.str(in.eval(x.items[i], s))
		n += len(parts[i])
		in.made(n)
	}
	return join(parts)
}

func (x *condExpr) eval(in *interp, s *scope) value {
	if truth(in.eval(x.cond, s)) {
		return in.eval(x.x, s)
	}
	if x.y == nil {
		return undefined{"the inline if-expression evaluated to false and no else section was defined"}
	}
	return in.eval(x.y, s)
}

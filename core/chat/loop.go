package chat

// loop is the variable of that name, and the state of the loop (LoopContext of
// jinja2's runtime.py). Items are taken as they are needed: the condition of a loop
// may depend on what its body has done.
type loop struct {
	node   *forNode
	outer  *scope // the scope of the loop's statement
	source []value
	next   int // the first of source that has not been looked at
	ahead  []value
	index0 int
	depth0 int

	prev, current value
	changed       value // what changed was last called with
	wasChanged    bool
	length        int // -1 until it is known
}

// iterationSteps is what an iteration costs besides its body.
const iterationSteps = 4

func (n *forNode) exec(in *interp, s *scope) control {
	in.line = int(n.at)
	return n.run(in, s, in.eval(n.items, s), 0)
}

// run executes the loop over items.
func (n *forNode) run(in *interp, s *scope, items value, depth int) control {
	l := &loop{node: n, outer: s, source: in.iterate(items), index0: -1, depth0: depth, length: -1}
	if n.cond == nil {
		l.length = len(l.source)
	}
	l.prev = undefined{"there is no previous item"}
	reached := false // the end of the body, which else asks for
	for {
		if !l.peek(in) {
			break
		}
		if l.index0++; l.index0 > 0 {
			l.prev = l.current
		}
		l.current, l.ahead = l.ahead[0], l.ahead[1:]
		in.step(iterationSteps)
		inner := s.child()
		inner.set("loop", l)
		in.line = int(n.at)
		n.target.assign(in, s, inner, l.current)
		how := in.exec(n.body, inner)
		if how == breaks {
			break
		}
		reached = reached || how == goOn
	}
	if !reached {
		return in.exec(n.orElse, s.child())
	}
	return goOn
}

// peek sees to it that the next item is known, and says whether there is one.
func (l *loop) peek(in *interp) bool {
	for len(l.ahead) == 0 && l.next < len(l.source) {
		item := l.source[l.next]
		l.next++
		if l.node.cond != nil {
			inner := l.outer.child()
			in.line = int(l.node.at)
			l.node.target.assign(in, l.outer, inner, item)
			if !truth(in.eval(l.node.cond, inner)) {
				continue
			}
		}
		l.ahead = append(l.ahead, item)
	}
	return len(l.ahead) > 0
}

// count returns how many items there are, for which all must be looked at.
func (l *loop) count(in *interp) int64 {
	if l.length < 0 {
		var all []value
		for l.peek(in) {
			all = append(all, l.ahead...)
			l.ahead = nil
		}
		l.ahead = all
		l.length = l.index0 + 1 + len(all)
	}
	return int64(l.length)
}

// attr returns an attribute of the loop.
func (l *loop) attr(in *interp, name string) (value, bool) {
	switch name {
	case "index":
		return int64(l.index0 + 1), true
	case "index0":
		return int64(l.index0), true
	case "revindex":
		return l.count(in) - int64(l.index0), true
	case "revindex0":
		return l.count(in) - int64(l.index0) - 1, true
	case "first":
		return l.index0 == 0, true
	case "last":
		return !l.peek(in), true
	case "length":
		return l.count(in), true
	case "depth":
		return int64(l.depth0 + 1), true
	case "depth0":
		return int64(l.depth0), true
	case "previtem":
		return l.prev, true
	case "nextitem":
		if l.peek(in) {
			return l.ahead[0], true
		}
		return undefined{"there is no next item"}, true
	case "cycle":
		return &function{"cycle", func(in *interp, a *args) value {
			if len(a.pos) == 0 {
				in.fail("no items for cycling given")
			}
			return a.pos[l.index0%len(a.pos)]
		}}, true
	case "changed":
		return &function{"changed", func(in *interp, a *args) value {
			v := tuple(a.pos...)
			if l.wasChanged && in.equal(l.changed, v) {
				return false
			}
			l.changed, l.wasChanged = v, true
			return true
		}}, true
	}
	return nil, false
}

// recurse executes a recursive loop's body for further items, and returns its text.
func (l *loop) recurse(in *interp, a *args) value {
	if !l.node.recursive {
		in.fail("the loop must have the 'recursive' marker to be called recursively")
	}
	b := a.bind(in, "loop", "iterable")
	text, _ := in.capture(func() control { return l.node.run(in, l.outer, b[0], l.depth0+1) })
	return text
}

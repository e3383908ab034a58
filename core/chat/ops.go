package chat

import (
	"cmp"
	"math"
	"math/bits"
	"strings"
)

// sign is -v or +v.
func (in *interp) sign(op string, v value) value {
	switch v := v.(type) {
	case bool, int64:
		if op == "-" {
			return in.arith("-", int64(0), v)
		}
		return toInt(v)
	case float64:
		if op == "-" {
			return -v
		}
		return v
	case undefined:
		in.fail("%s", v.what)
	}
	in.fail("bad operand type for unary %s: '%s'", op, typeName(v))
	return nil
}

// arith is v op w.
func (in *interp) arith(op string, v, w value) value {
	if s, ok := v.(string); ok && op == "%" {
		return in.format(s, w)
	}
	for _, x := range []value{v, w} {
		if u, ok := x.(undefined); ok {
			in.fail("%s", u.what)
		}
	}
	if isInt(v) && isInt(w) && op != "/" {
		return in.ints(op, toInt(v), toInt(w))
	}
	f, ok := toFloat(v)
	g, ok2 := toFloat(w)
	if ok && ok2 {
		return in.floats(op, f, g)
	}
	if r, ok := in.sequences(op, v, w); ok {
		return r
	}
	in.fail("unsupported operand type(s) for %s: '%s' and '%s'", op, typeName(v), typeName(w))
	return nil
}

// sequences adds and repeats strings and lists.
func (in *interp) sequences(op string, v, w value) (value, bool) {
	if op == "*" && isInt(v) {
		v, w = w, v
	}
	s, isString := v.(string)
	l, isSeq := v.(*seq)
	isSeq = isSeq && (l.kind == listSeq || l.kind == tupleSeq)
	switch {
	case op == "+" && isString:
		if t, ok := w.(string); ok {
			in.made(len(s) + len(t))
			return s + t, true
		}
	case op == "*" && isString && isInt(w):
		n := in.times(len(s), toInt(w), maxString)
		in.made(len(s) * n)
		return strings.Repeat(s, n), true
	case op == "+" && isSeq:
		if m, ok := w.(*seq); ok && m.kind == l.kind {
			in.room(len(l.items) + len(m.items))
			return &seq{kind: l.kind, items: append(append([]value(nil), l.items...), m.items...)}, true
		}
	case op == "*" && isSeq && isInt(w):
		n := in.times(len(l.items), toInt(w), maxItems)
		in.room(len(l.items) * n)
		var items []value
		for range n {
			items = append(items, l.items...)
		}
		return &seq{kind: l.kind, items: items}, true
	}
	return nil, false
}

// times checks that n times length is within a limit, and returns n, at least 0.
func (in *interp) times(length int, n int64, limit int) int {
	if n <= 0 || length == 0 {
		return 0
	}
	if n > int64(limit/length) {
		in.fail("repeated %d times, it would be longer than %d", n, limit)
	}
	return int(n)
}

// ints reckons with integers; a result that has more than 64 bits is an error.
func (in *interp) ints(op string, a, b int64) value {
	switch op {
	case "+":
		if c := a + b; (c > a) == (b > 0) {
			return c
		}
	case "-":
		if c := a - b; (c < a) == (b > 0) {
			return c
		}
	case "*":
		hi, lo := bits.Mul64(magnitude(a), magnitude(b))
		if hi == 0 && lo <= math.MaxInt64 {
			return a * b
		}
	case "//", "%":
		if b == 0 {
			in.fail("integer division or modulo by zero")
		}
		q, r := a/b, a%b
		if r != 0 && (r < 0) != (b < 0) {
			q, r = q-1, r+b
		}
		if op == "%" {
			return r
		}
		return q
	case "**":
		if b < 0 {
			return in.floats(op, float64(a), float64(b))
		}
		return in.power(a, b)
	}
	in.fail("the result of %d %s %d has more than 64 bits", a, op, b)
	return nil
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

// power multiplies b factors a.
func (in *interp) power(a, b int64) value {
	switch {
	case a == 0 && b > 0, a == 1:
		return a
	case a == -1:
		return 1 - 2*(b&1)
	case b > 64:
		in.fail("the result of %d ** %d has more than 64 bits", a, b)
	}
	result := value(int64(1))
	for range b {
		result = in.ints("*", result.(int64), a)
	}
	return result
}

// floats reckons with floats.
func (in *interp) floats(op string, a, b float64) value {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "**":
		if a == 0 && b < 0 {
			in.fail("0.0 cannot be raised to a negative power")
		}
		return math.Pow(a, b)
	}
	if b == 0 {
		in.fail("division by zero")
	}
	if op == "/" {
		return a / b
	}
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	if op == "%" {
		if r == 0 {
			r = math.Copysign(0, b)
		}
		return r
	}
	return math.RoundToEven((a - r) / b)
}

// compare is v op w.
func (in *interp) compare(op string, v, w value) bool {
	switch op {
	case "==":
		return in.equal(v, w)
	case "!=":
		return !in.equal(v, w)
	case "in":
		return in.contains(w, v)
	case "not in":
		return !in.contains(w, v)
	}
	c, ok := in.order(v, w, 0)
	if !ok {
		in.noOrder(op, v, w)
	}
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0 && c != unordered
	}
	return c >= 0 && c != unordered
}

func (in *interp) noOrder(op string, v, w value) {
	for _, x := range []value{v, w} {
		if u, ok := x.(undefined); ok {
			in.fail("%s", u.what)
		}
	}
	in.fail("'%s' not supported between instances of '%s' and '%s'", op, typeName(v), typeName(w))
}

// unordered is what order returns where a NaN is compared: no comparison holds.
const unordered = 2

// order compares numbers, strings, and sequences of one kind; ok says whether v and w
// can be compared.
func (in *interp) order(v, w value, depth int) (c int, ok bool) {
	in.deep(depth)
	if isInt(v) && isInt(w) {
		return cmp.Compare(toInt(v), toInt(w)), true
	}
	f, ok := toFloat(v)
	g, ok2 := toFloat(w)
	if ok && ok2 {
		if f != f || g != g {
			return unordered, true
		}
		return cmp.Compare(f, g), true
	}
	if s, ok := v.(string); ok {
		t, ok := w.(string)
		in.made(min(len(s), len(t)))
		return strings.Compare(s, t), ok // the order of UTF-8 is that of the characters
	}
	a, ok := v.(*seq)
	b, ok2 := w.(*seq)
	if !ok || !ok2 || a.kind != b.kind || a.kind > tupleSeq {
		return 0, false
	}
	for i := range min(len(a.items), len(b.items)) {
		if !in.equalAt(a.items[i], b.items[i], depth+1) {
			return in.order(a.items[i], b.items[i], depth+1)
		}
	}
	return cmp.Compare(len(a.items), len(b.items)), true
}

// deep counts a step of a walk into a value.
func (in *interp) deep(depth int) {
	if in.step(1); depth > maxData {
		in.fail("a value is nested deeper than %d", maxData)
	}
}

func (in *interp) equal(v, w value) bool { return in.equalAt(v, w, 0) }

func (in *interp) equalAt(v, w value, depth int) bool {
	in.deep(depth)
	switch a := v.(type) {
	case *seq:
		b, ok := w.(*seq)
		if !ok || a.kind != b.kind || len(a.items) != len(b.items) {
			return false
		}
		if a == b || a.kind == genSeq {
			return a == b
		}
		for i := range a.items {
			if !in.equalAt(a.items[i], b.items[i], depth+1) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := w.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for i, k := range a.keys {
			x, ok := b.get(k)
			if !ok || !in.equalAt(a.values[i], x, depth+1) {
				return false
			}
		}
		return true
	case string:
		b, ok := w.(string)
		return ok && a == b
	case undefined:
		_, ok := w.(undefined)
		return ok
	}
	f, ok := toFloat(v)
	g, ok2 := toFloat(w)
	if ok && ok2 {
		if isInt(v) && isInt(w) {
			return toInt(v) == toInt(w)
		}
		return f == g
	}
	return v == w
}

// contains is v in w's sense: whether a container has an item, or a string a part.
func (in *interp) contains(container, v value) bool {
	switch c := container.(type) {
	case string:
		s, ok := v.(string)
		if !ok {
			in.fail("'in <string>' requires string as left operand, not %s", typeName(v))
		}
		in.made(len(c))
		return strings.Contains(c, s)
	case *Object:
		in.key(v)
		_, ok := c.get(v)
		return ok
	case nil, bool, int64, float64:
		in.fail("argument of type '%s' is not iterable", typeName(c))
	}
	for _, item := range in.iterate(container) {
		if in.equal(item, v) {
			return true
		}
	}
	return false
}

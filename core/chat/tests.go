package chat

import "unicode"

// tests are what can follow "is" (jinja2's tests.py).
var tests map[string]builtin

func init() {
	comparison := func(op string) builtin {
		return func(in *interp, a *args) value {
			b := a.bind(in, op, "a", "b")
			return in.compare(op, b[0], b[1])
		}
	}
	is := func(name string, f func(v value) bool) builtin {
		return func(in *interp, a *args) value { return f(a.bind(in, name, "value")[0]) }
	}
	tests = map[string]builtin{
		"defined":   is("defined", func(v value) bool { return !isUndefined(v) }),
		"undefined": is("undefined", isUndefined),
		"none":      is("none", func(v value) bool { return v == nil }),
		"true":      is("true", func(v value) bool { return v == true }),
		"false":     is("false", func(v value) bool { return v == false }),
		"boolean":   is("boolean", func(v value) bool { return typeName(v) == "bool" }),
		"integer":   is("integer", func(v value) bool { return typeName(v) == "int" }),
		"float":     is("float", func(v value) bool { return typeName(v) == "float" }),
		"number": is("number", func(v value) bool {
			t := typeName(v)
			return t == "int" || t == "float" || t == "bool"
		}),
		"string":   is("string", func(v value) bool { return typeName(v) == "str" }),
		"mapping":  is("mapping", func(v value) bool { return typeName(v) == "dict" }),
		"iterable": is("iterable", isIterable),
		"sequence": is("sequence", func(v value) bool {
			s, ok := v.(*seq)
			return isIterable(v) && (!ok || s.kind <= rangeSeq)
		}),
		"callable": is("callable", func(v value) bool {
			switch v.(type) {
			case *function, *loop, undefined:
				return true
			}
			return false
		}),
		"escaped":     is("escaped", func(value) bool { return false }),
		"upper":       caseTest("upper", unicode.IsUpper, unicode.IsLower),
		"lower":       caseTest("lower", unicode.IsLower, unicode.IsUpper),
		"odd":         parity("odd", 1),
		"even":        parity("even", 0),
		"divisibleby": divisibleTest,
		"sameas": func(in *interp, a *args) value {
			b := a.bind(in, "sameas", "value", "other")
			return typeName(b[0]) == typeName(b[1]) && same(b[0], b[1])
		},
		"in": func(in *interp, a *args) value {
			b := a.bind(in, "in", "value", "seq")
			return in.contains(b[1], b[0])
		},
		"filter": func(in *interp, a *args) value {
			_, ok := filters[in.str(a.bind(in, "filter", "value")[0])]
			return ok
		},
		"test": func(in *interp, a *args) value {
			_, ok := tests[in.str(a.bind(in, "test", "value")[0])]
			return ok
		},
	}
	for name, op := range map[string]string{
		"eq": "==", "equalto": "==", "==": "==", "ne": "!=", "!=": "!=", "lt": "<", "lessthan": "<", "<": "<", "le": "<=", "<=": "<=",
		"gt": ">", "greaterthan": ">", ">": ">", "ge": ">=", ">=": ">=",
	} {
		tests[name] = comparison(op)
	}
}

func isUndefined(v value) bool {
	_, ok := v.(undefined)
	return ok
}

func isIterable(v value) bool {
	switch v.(type) {
	case string, *seq, *Object, undefined:
		return true
	}
	return false
}

// same says whether two values of one type are one.
func same(v, w value) bool {
	if isUndefined(v) {
		return false
	}
	return v == w
}

func caseTest(name string, is, isNot func(rune) bool) builtin {
	return func(in *interp, a *args) value {
		return everyCased(in.str(a.bind(in, name, "value")[0]), is, isNot)
	}
}

func parity(name string, rest int64) builtin {
	return func(in *interp, a *args) value {
		return in.equal(in.arith("%", a.bind(in, name, "value")[0], int64(2)), rest)
	}
}

func divisibleTest(in *interp, a *args) value {
	b := a.bind(in, "divisibleby", "value", "num")
	return in.equal(in.arith("%", b[0], b[1]), int64(0))
}

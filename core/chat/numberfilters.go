package chat

import (
	"math"
	"strconv"
	"strings"
)

func addNumberFilters(add func(name string, f builtin)) {
	add("int", intFilter)
	add("float", floatFilter)
	add("abs", func(in *interp, a *args) value {
		switch v := a.bind(in, "abs", "x")[0].(type) {
		case bool, int64:
			if n := toInt(v); n >= 0 {
				return n
			}
			return in.sign("-", v)
		case float64:
			return math.Abs(v)
		default:
			in.fail("bad operand type for abs(): '%s'", typeName(v))
		}
		return nil
	})
	add("round", roundFilter)
	add("sum", func(in *interp, a *args) value {
		b := a.bind(in, "sum", "iterable", "attribute?", "start?")
		path := in.path(b[1])
		total := b[2]
		if !given(total) {
			total = int64(0)
		}
		for _, item := range in.iterate(b[0]) {
			total = in.arith("+", total, in.follow(item, path, nil))
		}
		return total
	})
}

// parseInt reads an integer as Python's int() does.
func parseInt(s string, base int) (int64, bool) {
	s = strings.TrimFunc(s, isSpace)
	digits := strings.TrimLeft(s, "+-")
	if strings.Contains(digits, "__") || strings.HasPrefix(digits, "_") || strings.HasSuffix(digits, "_") {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), base, 64)
	return n, err == nil
}

func intFilter(in *interp, a *args) value {
	b := a.bind(in, "int", "value", "default?", "base?")
	byDef := b[1]
	if !given(byDef) {
		byDef = int64(0)
	}
	switch v := b[0].(type) {
	case bool, int64:
		return toInt(v)
	case number:
		return v
	case float64:
		if math.Abs(v) < 1<<63 {
			return int64(v)
		}
	case string:
		base := in.orInt(b[2], "base", 10)
		if base != 10 {
			v = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(v, "0x"), "0o"), "0b")
		}
		if base < 2 || base > 36 {
			in.fail("the base is %d, must be from 2 to 36", base)
		}
		if n, ok := parseInt(v, int(base)); ok {
			return n
		}
		if f, ok := parseFloat(v); ok && math.Abs(f) < 1<<63 {
			return int64(f)
		}
	case undefined:
		in.fail("%s", v.what)
	}
	return byDef
}

// parseFloat reads a float as Python's float() does.
func parseFloat(s string) (float64, bool) {
	s = strings.TrimFunc(s, isSpace)
	if strings.ContainsAny(s, "xXpP_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil || math.IsInf(f, 0)
}

func floatFilter(in *interp, a *args) value {
	b := a.bind(in, "float", "value", "default?")
	switch v := b[0].(type) {
	case string:
		if f, ok := parseFloat(v); ok {
			return f
		}
	case undefined:
		in.fail("%s", v.what)
	default:
		if f, ok := toFloat(v); ok {
			return f
		}
	}
	if given(b[1]) {
		return b[1]
	}
	return 0.0
}

func roundFilter(in *interp, a *args) value {
	b := a.bind(in, "round", "value", "precision?", "method?")
	f, ok := toFloat(b[0])
	if !ok {
		in.fail("type %s can't be rounded", typeName(b[0]))
	}
	precision := in.orInt(b[1], "precision", 0)
	method := in.orString(b[2], "method", "common")
	if precision < -300 || precision > 300 {
		in.fail("the precision is %d, must be from -300 to 300", precision)
	}
	scale := math.Pow(10, float64(precision))
	switch method {
	case "common":
		if isInt(b[0]) && precision >= 0 {
			return toInt(b[0])
		}
		if precision >= 0 {
			// The decimal digits of the number itself decide, as in Python.
			f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(precision), 64), 64)
			return f
		}
		f = math.RoundToEven(f*scale) / scale
		if isInt(b[0]) {
			return int64(f)
		}
		return f
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	}
	in.fail("method must be common, ceil or floor")
	return nil
}

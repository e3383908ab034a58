package chat

import (
	"fmt"
	"strings"
	"time"
)

// interp executes a template once.
type interp struct {
	out   strings.Builder // of the prompt, or of the block whose text is taken
	steps int
	depth int // evaluations within each other
	line  int // of what is evaluated
	now   time.Time
}

// scope is a set of variables, within another. Most have few.
type scope struct {
	vars   []variable
	fixed  map[string]value // of the outermost scopes: the input and the globals
	parent *scope
}

type variable struct {
	name string
	v    value
}

func (s *scope) get(name string) (value, bool) {
	for ; s != nil; s = s.parent {
		for i := range s.vars {
			if s.vars[i].name == name {
				return s.vars[i].v, true
			}
		}
		if v, ok := s.fixed[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) set(name string, v value) {
	for i := range s.vars {
		if s.vars[i].name == name {
			s.vars[i].v = v
			return
		}
	}
	s.vars = append(s.vars, variable{name, v})
}

func (s *scope) child() *scope { return &scope{parent: s} }

// fail ends the template with an error at the current line.
func (in *interp) fail(format string, args ...any) {
	panic(&TemplateError{in.line, fmt.Sprintf(format, args...)})
}

// step counts n steps.
func (in *interp) step(n int) {
	if in.steps += n; in.steps > maxSteps || n < 0 {
		in.fail("it takes more than %d steps", maxSteps)
	}
}

// made counts the making of a text of n bytes.
func (in *interp) made(n int) {
	if n > maxString {
		in.fail("a text is longer than %d bytes", maxString)
	}
	in.step(n / 16)
}

// text counts the making of s.
func (in *interp) text(s string) string {
	in.made(len(s))
	return s
}

// items counts the making of a list.
func (in *interp) items(items []value) []value {
	in.room(len(items))
	return items
}

// room counts the making of a list of n items.
func (in *interp) room(n int) {
	if n > maxItems {
		in.fail("a list has more than %d items", maxItems)
	}
	in.step(n)
}

// str is the text of v.
func (in *interp) str(v value) string {
	if s, ok := v.(string); ok {
		return s
	}
	defer in.here()
	return in.text(str(v))
}

// repr is Python's repr of v.
func (in *interp) repr(v value) string {
	defer in.here()
	return in.text(repr(v))
}

// here gives an error that has no line the current one.
func (in *interp) here() {
	if r := recover(); r != nil {
		if e, ok := r.(*TemplateError); ok && e.Line == 0 {
			e.Line = in.line
		}
		panic(r)
	}
}

// write adds to the text.
func (in *interp) write(s string) {
	in.made(len(s))
	if in.out.Len()+len(s) > maxString {
		in.fail("the text is longer than %d bytes", maxString)
	}
	in.out.WriteString(s)
}

// capture returns the text that f writes.
func (in *interp) capture(f func() control) (string, control) {
	outer := in.out
	in.out = strings.Builder{}
	how := f()
	s := in.out.String()
	in.out = outer
	return s, how
}

// eval evaluates an expression.
func (in *interp) eval(x expr, s *scope) value {
	in.enter()
	v := x.eval(in, s)
	in.depth--
	return v
}

// enter counts a step, one level deeper.
func (in *interp) enter() {
	in.step(1)
	if in.depth++; in.depth > maxDepth {
		in.fail("evaluations are nested deeper than %d", maxDepth)
	}
}

// exec executes statements until one leaves the loop.
func (in *interp) exec(nodes []node, s *scope) control {
	in.enter()
	defer func() { in.depth-- }()
	for _, n := range nodes {
		in.step(1)
		if how := n.exec(in, s); how != goOn {
			return how
		}
	}
	return goOn
}

package chat

import (
	"fmt"
	"time"
)

// Limits on what a template may do. A conversation of 128 thousand tokens is half a
// megabyte of text, and of the templates of docs/chat.md none takes more than 1300
// steps for its few messages.
const (
	maxSource = 1 << 20  // bytes of a template
	maxSteps  = 4 << 20  //  nodes evaluated, plus one for every 16 bytes or one item of what they make
	maxString = 16 << 20 // bytes of a text: the prompt, or any other that a template makes
	maxItems  = 1 << 20  // items of a list that a template makes
	maxRange  = 100000   // items of a range, as in jinja2.sandbox
	maxNested = 200      // blocks, brackets and operators within each other in a template
	maxDepth  = 1000     // evaluations within each other: macros that call macros, long chains
	maxData   = 200      // lists and objects within each other
)

// TemplateError says what is wrong with a template, or what it did with this
// conversation: a mistake in the syntax, an operation that has no meaning, a limit
// that it went over, or a refusal of its own (raise_exception).
type TemplateError struct {
	Line int // of the template, from 1; 0 if no single line is at fault
	What string
}

// Error returns the line and what is wrong.
func (e *TemplateError) Error() string {
	if e.Line == 0 {
		return "chat template: " + e.What
	}
	return fmt.Sprintf("chat template, line %d: %s", e.Line, e.What)
}

// Message is the simplest form of a message. One with more to it (tool calls,
// reasoning, parts) is an *Object or a map.
type Message struct {
	Role, Content string
}

// Input is what a template makes a prompt of. Messages, Tools, Documents and the
// values of Extra are made of Message, *Object, map[string]any (whose keys come in
// sorted order), []any, string, bool, integers, float64 and nil; DecodeJSON gives
// such values and keeps the order of keys, which templates that print tools show.
type Input struct {
	Messages            []any
	Tools               []any          // functions the model may call; undefined in the template if nil
	Documents           []any          // for retrieval; undefined in the template if nil
	AddGenerationPrompt bool           // end the prompt where the assistant's answer begins
	BOS, EOS            string         // texts of the tokens
	Extra               map[string]any // further variables, such as enable_thinking
	Now                 time.Time      // what strftime_now tells; the present if zero
}

// Template is a parsed template. It may be used by several goroutines.
type Template struct {
	body []node
}

// Parse reads a template. Its errors are *TemplateError.
func Parse(source string) (t *Template, err error) {
	defer catch(&err)
	if len(source) > maxSource {
		failAt(0, "it has %d bytes, more than %d", len(source), maxSource)
	}
	p := &parser{tokens: lex(source)}
	return &Template{body: p.template()}, nil
}

// Render makes the prompt. Its errors are *TemplateError.
func (t *Template) Render(in Input) (prompt string, err error) {
	defer catch(&err)
	now := in.Now
	if now.IsZero() {
		now = time.Now()
	}
	r := &interp{now: now}
	vars := map[string]value{}
	for name, v := range in.Extra {
		vars[name] = r.convert(v, 0)
	}
	vars["messages"] = r.convert(in.Messages, 0)
	vars["add_generation_prompt"] = in.AddGenerationPrompt
	vars["bos_token"], vars["eos_token"] = in.BOS, in.EOS
	if in.Tools != nil {
		vars["tools"] = r.convert(in.Tools, 0)
	}
	if in.Documents != nil {
		vars["documents"] = r.convert(in.Documents, 0)
	}
	return r.run(t.body, vars), nil
}

// run executes a template and returns its text.
func (in *interp) run(body []node, vars map[string]value) string {
	base := &scope{fixed: vars, parent: &scope{fixed: globals}}
	in.exec(body, &scope{parent: base})
	return in.out.String()
}

// failAt panics with a *TemplateError, which catch returns at the package's border:
// an error may come up anywhere in an expression, and nothing within goes on after one.
func failAt(line int, format string, args ...any) {
	panic(&TemplateError{line, fmt.Sprintf(format, args...)})
}

// catch turns the panic of failAt into an error.
func catch(err *error) {
	if r := recover(); r != nil {
		e, ok := r.(*TemplateError)
		if !ok {
			panic(r)
		}
		*err = e
	}
}

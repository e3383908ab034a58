package chat

import "slices"

// parser makes statements and expressions of tokens, following jinja2's parser.py.
type parser struct {
	tokens []token
	i      int
	nested int         // how deep it is in
	loops  int         // how many loops of this macro are open
	macros []*macroDef // the macros that are open
}

func (p *parser) peek() *token { return &p.tokens[p.i] }

// next returns the current token and moves on, but never past the end.
func (p *parser) next() *token {
	t := &p.tokens[p.i]
	if t.kind != tokEnd {
		p.i++
	}
	return t
}

func (p *parser) is(k kind, text string) bool {
	t := p.peek()
	return t.kind == k && t.text == text
}

func (p *parser) accept(k kind, text string) bool {
	if !p.is(k, text) {
		return false
	}
	p.next()
	return true
}

func (p *parser) op(text string) bool { return p.accept(tokOp, text) }

func (p *parser) expect(k kind, text string) *token {
	if t := p.peek(); t.kind != k || text != "" && t.text != text {
		failAt(t.line, "unexpected %s, expected %s", t, &token{kind: k, text: text})
	}
	return p.next()
}

// String describes a token for a message.
func (t *token) String() string {
	switch t.kind {
	case tokEnd:
		return "end of the template"
	case tokData:
		return "text"
	case tokPrint, tokBlock:
		return "beginning of a tag"
	case tokPrintEnd, tokBlockEnd:
		return "end of the tag"
	case tokString:
		return "string " + repr(t.text)
	}
	if t.text == "" {
		return "name"
	}
	return repr(t.text)
}

// enter bounds how deep the parser goes.
func (p *parser) enter() {
	if p.nested++; p.nested > maxNested {
		failAt(p.peek().line, "nested deeper than %d", maxNested)
	}
}

func (p *parser) leave() { p.nested-- }

// template parses all of it.
func (p *parser) template() []node {
	body := p.body()
	if t := p.peek(); t.kind != tokEnd {
		failAt(t.line, "unexpected tag %s", p.peek())
	}
	return body
}

// body parses up to the end, or a tag that begins with one of the names of ends, on
// which it stops.
func (p *parser) body(ends ...string) []node {
	p.enter()
	defer p.leave()
	var nodes []node
	for {
		switch t := p.next(); t.kind {
		case tokData:
			nodes = append(nodes, &textNode{t.text})
		case tokPrint:
			nodes = append(nodes, &printNode{at(t.line), p.tuple()})
			p.expect(tokPrintEnd, "")
		case tokBlock:
			name := p.peek()
			if name.kind == tokName && slices.Contains(ends, name.text) {
				return nodes
			}
			nodes = append(nodes, p.statement())
			p.expect(tokBlockEnd, "")
		case tokEnd:
			if ends != nil {
				failAt(t.line, "the end of the template where %s is missing", ends[len(ends)-1])
			}
			return nodes
		}
	}
}

// block parses the body of a statement up to its end tag, of which it leaves the
// end to be read.
func (p *parser) block(ends ...string) (body []node, end string) {
	p.op(":")
	p.expect(tokBlockEnd, "")
	body = p.body(ends...)
	return body, p.next().text
}

// statements are the tags; a file that has one adds it.
var statements map[string]func(p *parser, t *token) node

func init() {
	statements = map[string]func(p *parser, t *token) node{
		"if": parseIf, "for": parseFor, "set": parseSet, "with": parseWith, "filter": parseFilterBlock,
		"macro": parseMacro, "call": parseCall, "generation": parseGeneration, "print": parsePrint,
		"break": parseLoopControl, "continue": parseLoopControl,
	}
}

// readers are the tags of Jinja that read other templates.
var readers = []string{"include", "import", "from", "extends", "block"}

func (p *parser) statement() node {
	t := p.expect(tokName, "")
	f, ok := statements[t.text]
	switch {
	case slices.Contains(readers, t.text):
		failAt(t.line, "%s is not supported: a chat template stands alone and reads no other", t.text)
	case !ok:
		failAt(t.line, "unknown tag %q", t.text)
	}
	return f(p, t)
}

func parseIf(p *parser, t *token) node {
	n := &ifNode{at: at(t.line)}
	for {
		cond := p.tupleOf(p.or)
		body, end := p.block("elif", "else", "endif")
		n.branches = append(n.branches, branch{cond, body})
		if end == "elif" {
			continue
		}
		if end == "else" {
			n.orElse, _ = p.block("endif")
		}
		return n
	}
}

func parseFor(p *parser, t *token) node {
	n := &forNode{at: at(t.line), target: p.targets(false)}
	p.expect(tokName, "in")
	n.items = p.tupleOf(p.or)
	if p.accept(tokName, "if") {
		n.cond = p.expression()
	}
	n.recursive = p.accept(tokName, "recursive")
	p.loops++
	var end string
	n.body, end = p.block("endfor", "else")
	p.loops--
	if end == "else" {
		n.orElse, _ = p.block("endfor")
	}
	return n
}

func parseSet(p *parser, t *token) node {
	to := p.targets(true)
	if p.op("=") {
		return &setNode{at(t.line), to, p.tuple()}
	}
	n := &setBlockNode{at: at(t.line), target: to}
	for p.op("|") {
		n.filter = append(n.filter, p.filterCall())
	}
	n.body, _ = p.block("endset")
	return n
}

func parseWith(p *parser, t *token) node {
	n := &withNode{at: at(t.line)}
	for p.peek().kind != tokBlockEnd {
		if n.targets != nil {
			p.expect(tokOp, ",")
		}
		n.targets = append(n.targets, p.targets(false))
		p.expect(tokOp, "=")
		n.values = append(n.values, p.expression())
	}
	n.body, _ = p.block("endwith")
	return n
}

func parseFilterBlock(p *parser, t *token) node {
	n := &filterNode{at: at(t.line), filter: []filterCall{p.filterCall()}}
	for p.op("|") {
		n.filter = append(n.filter, p.filterCall())
	}
	n.body, _ = p.block("endfilter")
	return n
}

// parseGeneration parses the block that marks what the assistant writes, for
// training; the prompt is the same without it.
func parseGeneration(p *parser, _ *token) node {
	body, _ := p.block("endgeneration")
	return &scopeNode{body}
}

func parsePrint(p *parser, t *token) node { return &printNode{at(t.line), p.tuple()} }

func parseLoopControl(p *parser, t *token) node {
	if p.loops == 0 {
		failAt(t.line, "%s outside of a loop", t.text)
	}
	if t.text == "break" {
		return &loopControl{breaks}
	}
	return &loopControl{continues}
}

func parseMacro(p *parser, t *token) node {
	name := p.expect(tokName, "").text
	def := &macroDef{name: name}
	p.signature(def)
	p.macroBody(def, "endmacro")
	return &macroNode{at(t.line), def}
}

func parseCall(p *parser, t *token) node {
	def := &macroDef{name: "caller"}
	if p.is(tokOp, "(") {
		p.signature(def)
	}
	call, ok := p.expression().(*callExpr)
	if !ok {
		failAt(t.line, "a call block must call something")
	}
	p.macroBody(def, "endcall")
	return &callNode{at(t.line), call, def}
}

// macroBody parses the body of a macro, in which the loops around it can't be left.
func (p *parser) macroBody(def *macroDef, end string) {
	loops := p.loops
	p.loops = 0
	p.macros = append(p.macros, def)
	def.body, _ = p.block(end)
	p.macros = p.macros[:len(p.macros)-1]
	p.loops = loops
}

// signature parses the parameters of a macro.
func (p *parser) signature(def *macroDef) {
	p.expect(tokOp, "(")
	def.argNames = map[string]bool{}
	for !p.is(tokOp, ")") {
		if def.params != nil {
			p.expect(tokOp, ",")
		}
		t := p.expect(tokName, "")
		one := param{name: t.text}
		if p.op("=") {
			one.byDef = p.expression()
		} else if n := len(def.params); n > 0 && def.params[n-1].byDef != nil {
			failAt(t.line, "parameter %s without a default follows one that has one", t.text)
		}
		if def.argNames[t.text] {
			failAt(t.line, "parameter %s is there twice", t.text)
		}
		def.argNames[t.text] = true
		def.params = append(def.params, one)
	}
	p.expect(tokOp, ")")
}

// constants are names that can't be assigned to.
var constants = map[string]value{"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil}

// targets parses what is assigned to; attrs says that attributes of namespaces may be.
func (p *parser) targets(attrs bool) target {
	first := p.target(attrs)
	if !p.is(tokOp, ",") {
		return first
	}
	all := target{at: first.at, items: []target{first}}
	for p.op(",") {
		if p.peek().kind != tokName && !p.is(tokOp, "(") || p.is(tokName, "in") {
			break // a comma at the end
		}
		all.items = append(all.items, p.target(attrs))
	}
	return all
}

func (p *parser) target(attrs bool) target {
	p.enter()
	defer p.leave()
	if p.op("(") {
		t := p.targets(attrs)
		p.expect(tokOp, ")")
		return t
	}
	t := p.expect(tokName, "")
	if _, ok := constants[t.text]; ok {
		failAt(t.line, "can't assign to %s", t.text)
	}
	to := target{at: at(t.line), name: t.text}
	if attrs && p.op(".") {
		to.attr = p.expect(tokName, "").text
	}
	return to
}

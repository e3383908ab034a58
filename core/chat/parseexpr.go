package chat

// expression parses one expression.
func (p *parser) expression() expr {
	p.enter()
	defer p.leave()
	x := p.or()
	for p.is(tokName, "if") {
		line := p.next().line
		cond := p.or()
		var y expr
		if p.accept(tokName, "else") {
			y = p.expression()
		}
		x = &condExpr{at(line), cond, x, y}
	}
	return x
}

// tuple parses an expression, or several with commas between them.
func (p *parser) tuple() expr { return p.tupleOf(p.expression) }

func (p *parser) tupleOf(parse func() expr) expr {
	line := p.peek().line
	first := parse()
	if !p.is(tokOp, ",") {
		return first
	}
	t := &listExpr{at(line), tupleSeq, []expr{first}}
	for p.op(",") && !p.tupleEnd() {
		t.items = append(t.items, parse())
	}
	return t
}

// tupleEnd says whether a comma was the last of a tuple.
func (p *parser) tupleEnd() bool {
	k := p.peek().kind
	return k == tokPrintEnd || k == tokBlockEnd || p.is(tokOp, ")") || p.is(tokName, "recursive")
}

func (p *parser) or() expr {
	x := p.and()
	for p.is(tokName, "or") {
		line := p.next().line
		x = &binaryExpr{at(line), "or", x, p.and()}
	}
	return x
}

func (p *parser) and() expr {
	x := p.not()
	for p.is(tokName, "and") {
		line := p.next().line
		x = &binaryExpr{at(line), "and", x, p.not()}
	}
	return x
}

func (p *parser) not() expr {
	if !p.is(tokName, "not") {
		return p.compare()
	}
	p.enter()
	defer p.leave()
	line := p.next().line
	return &unaryExpr{at(line), "not", p.not()}
}

func (p *parser) compare() expr {
	x := p.sum()
	c := &compareExpr{at: at(p.peek().line), x: x}
	for {
		op := ""
		switch t := p.peek(); {
		case t.kind == tokOp:
			switch t.text {
			case "==", "!=", "<", "<=", ">", ">=":
				op = t.text
			}
		case p.is(tokName, "in"):
			op = "in"
		case p.is(tokName, "not") && p.tokens[p.i+1].kind == tokName && p.tokens[p.i+1].text == "in":
			p.next()
			op = "not in"
		}
		if op == "" {
			break
		}
		p.next()
		c.ops = append(c.ops, op)
		c.rest = append(c.rest, p.sum())
	}
	if c.ops == nil {
		return x
	}
	return c
}

// binary parses operators of one precedence, from the left.
func (p *parser) binary(operand func() expr, ops ...string) expr {
	x := operand()
	for {
		t := p.peek()
		found := false
		for _, op := range ops {
			found = found || t.kind == tokOp && t.text == op
		}
		if !found {
			return x
		}
		p.next()
		x = &binaryExpr{at(t.line), t.text, x, operand()}
	}
}

func (p *parser) sum() expr { return p.binary(p.concat, "+", "-") }

func (p *parser) concat() expr {
	line := p.peek().line
	x := p.product()
	if !p.is(tokOp, "~") {
		return x
	}
	c := &concatExpr{at(line), []expr{x}}
	for p.op("~") {
		c.items = append(c.items, p.product())
	}
	return c
}

func (p *parser) product() expr { return p.binary(p.power, "*", "/", "//", "%") }

func (p *parser) power() expr { return p.binary(func() expr { return p.unary(true) }, "**") }

// unary parses a sign, or a value with what follows it. Filters bind to the whole of
// it: -1|abs is 1.
func (p *parser) unary(filters bool) expr {
	p.enter()
	defer p.leave()
	var x expr
	if t := p.peek(); p.op("-") || p.op("+") {
		x = &unaryExpr{at(t.line), t.text, p.unary(false)}
	} else {
		x = p.primary()
	}
	x = p.postfix(x)
	if filters {
		x = p.filters(x)
	}
	return x
}

func (p *parser) primary() expr {
	t := p.next()
	switch t.kind {
	case tokName:
		if v, ok := constants[t.text]; ok {
			return &constExpr{v}
		}
		for _, m := range p.macros {
			m.uses(t.text)
		}
		return &nameExpr{at(t.line), t.text}
	case tokString:
		s := t.text
		for p.peek().kind == tokString {
			s += p.next().text
		}
		return &constExpr{s}
	case tokNumber:
		return &constExpr{t.num}
	case tokOp:
		switch t.text {
		case "(":
			return p.parens(t)
		case "[":
			return &listExpr{at(t.line), listSeq, p.items("]")}
		case "{":
			return p.dict(t)
		}
	}
	failAt(t.line, "unexpected %s", t)
	return nil
}

// uses notes that the body of a macro uses one of the names that are given to it
// without being among its parameters.
func (m *macroDef) uses(name string) {
	if m.argNames[name] {
		return
	}
	m.caller = m.caller || name == "caller"
	m.varargs = m.varargs || name == "varargs"
	m.kwargs = m.kwargs || name == "kwargs"
}

func (p *parser) parens(t *token) expr {
	if p.op(")") {
		return &listExpr{at(t.line), tupleSeq, nil}
	}
	x := p.tuple()
	p.expect(tokOp, ")")
	return x
}

// items parses expressions with commas between them, up to a bracket.
func (p *parser) items(end string) []expr {
	var items []expr
	for !p.op(end) {
		if items != nil {
			p.expect(tokOp, ",")
			if p.op(end) {
				break
			}
		}
		items = append(items, p.expression())
	}
	return items
}

func (p *parser) dict(t *token) expr {
	d := &dictExpr{at: at(t.line)}
	for !p.op("}") {
		if d.keys != nil {
			p.expect(tokOp, ",")
			if p.op("}") {
				break
			}
		}
		d.keys = append(d.keys, p.expression())
		p.expect(tokOp, ":")
		d.values = append(d.values, p.expression())
	}
	return d
}

// postfix parses attributes, subscripts and calls.
func (p *parser) postfix(x expr) expr {
	for {
		t := p.peek()
		switch {
		case p.op("."):
			x = p.attr(x, t)
		case p.op("["):
			x = p.subscript(x, t)
		case p.is(tokOp, "("):
			x = &callExpr{at(t.line), x, p.args()}
		default:
			return x
		}
	}
}

func (p *parser) attr(x expr, dot *token) expr {
	switch t := p.next(); t.kind {
	case tokName:
		return &attrExpr{at(dot.line), x, t.text}
	case tokNumber:
		if _, ok := t.num.(int64); ok {
			return &itemExpr{at(dot.line), x, &constExpr{t.num}}
		}
	}
	failAt(dot.line, "expected a name or a number after the dot")
	return nil
}

func (p *parser) subscript(x expr, t *token) expr {
	var parts [3]expr
	colons := 0
	for !p.is(tokOp, "]") {
		if p.op(":") {
			if colons++; colons > 2 {
				failAt(t.line, "a slice has at most two colons")
			}
			continue
		}
		if parts[colons] != nil {
			failAt(p.peek().line, "unexpected %s, expected ]", p.peek())
		}
		parts[colons] = p.expression()
	}
	p.next()
	if colons > 0 {
		return &sliceExpr{at(t.line), x, parts[0], parts[1], parts[2]}
	}
	if parts[0] == nil {
		failAt(t.line, "the subscript is empty")
	}
	return &itemExpr{at(t.line), x, parts[0]}
}

// args parses the arguments of a call, with their parentheses.
func (p *parser) args() argList {
	var a argList
	line := p.expect(tokOp, "(").line
	ensure := func(ok bool) {
		if !ok {
			failAt(line, "the arguments of this call are in no valid order")
		}
	}
	for first := true; !p.op(")"); first = false {
		if !first {
			p.expect(tokOp, ",")
			if p.op(")") {
				break
			}
		}
		t := p.peek()
		switch {
		case p.op("*"):
			ensure(a.star == nil && a.dict == nil)
			a.star = p.expression()
		case p.op("**"):
			ensure(a.dict == nil)
			a.dict = p.expression()
		case t.kind == tokName && p.tokens[p.i+1].kind == tokOp && p.tokens[p.i+1].text == "=":
			ensure(a.dict == nil)
			p.i += 2
			a.names = append(a.names, t.text)
			a.named = append(a.named, p.expression())
		default:
			ensure(a.star == nil && a.dict == nil && a.names == nil)
			a.pos = append(a.pos, p.expression())
		}
	}
	return a
}

// filters parses filters, tests, and calls of what they give.
func (p *parser) filters(x expr) expr {
	for {
		t := p.peek()
		switch {
		case p.op("|"):
			x = &filterExpr{at(t.line), x, p.filterCall()}
		case p.accept(tokName, "is"):
			x = p.test(x, t)
		case p.is(tokOp, "("):
			x = &callExpr{at(t.line), x, p.args()}
		default:
			return x
		}
	}
}

// filterCall parses the name of a filter and its arguments.
func (p *parser) filterCall() filterCall {
	t := p.expect(tokName, "")
	f := filterCall{line: t.line, name: t.text}
	if p.is(tokOp, "(") {
		f.argList = p.args()
	}
	return f
}

func (p *parser) test(x expr, is *token) expr {
	negated := p.accept(tokName, "not")
	t := p.expect(tokName, "")
	call := filterCall{line: t.line, name: t.text}
	if p.is(tokOp, "(") {
		call.argList = p.args()
	} else if p.testArg() {
		if p.is(tokName, "is") {
			failAt(t.line, "tests can't be chained with is")
		}
		call.pos = []expr{p.postfix(p.primary())}
	}
	var result expr = &testExpr{at(is.line), x, call}
	if negated {
		result = &unaryExpr{at(is.line), "not", result}
	}
	return result
}

// testArg says whether an argument follows a test without parentheses.
func (p *parser) testArg() bool {
	switch t := p.peek(); t.kind {
	case tokString, tokNumber:
		return true
	case tokName:
		return t.text != "else" && t.text != "or" && t.text != "and"
	case tokOp:
		return t.text == "[" || t.text == "{"
	}
	return false
}

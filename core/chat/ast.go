package chat

// node is a statement.
type node interface {
	exec(in *interp, s *scope) control
}

// expr is an expression.
type expr interface {
	eval(in *interp, s *scope) value
}

// control is how a statement ended.
type control uint8

const (
	goOn control = iota
	breaks
	continues
)

// at is the line that a node begins on.
type at int

// Statements.
type (
	textNode  struct{ text string }
	printNode struct {
		at
		x expr
	}
	ifNode struct {
		at
		branches []branch
		orElse   []node
	}
	branch struct {
		cond expr
		body []node
	}
	forNode struct {
		at
		target    target
		items     expr
		cond      expr // nil if every item is taken
		body      []node
		orElse    []node
		recursive bool
	}
	setNode struct {
		at
		target target
		x      expr
	}
	setBlockNode struct {
		at
		target target
		filter []filterCall
		body   []node
	}
	filterNode struct {
		at
		filter []filterCall
		body   []node
	}
	withNode struct {
		at
		targets []target
		values  []expr
		body    []node
	}
	scopeNode struct{ body []node } // generation
	macroNode struct {
		at
		def *macroDef
	}
	callNode struct {
		at
		call   *callExpr
		caller *macroDef
	}
	loopControl struct{ how control }
)

// macroDef is a macro, or the body of a call block.
type macroDef struct {
	name     string
	params   []param
	body     []node
	caller   bool // the body uses caller
	varargs  bool
	kwargs   bool
	argNames map[string]bool
}

type param struct {
	name  string
	byDef expr // the default, nil if there is none
}

// target is what a value is assigned to: a name, an attribute of a namespace, or
// several targets that the items of the value go to.
type target struct {
	at
	name, attr string
	items      []target
}

// Expressions.
type (
	constExpr struct{ v value }
	nameExpr  struct {
		at
		name string
	}
	listExpr struct {
		at
		kind  seqKind
		items []expr
	}
	dictExpr struct {
		at
		keys, values []expr
	}
	attrExpr struct {
		at
		x    expr
		name string
	}
	itemExpr struct {
		at
		x, key expr
	}
	sliceExpr struct {
		at
		x                 expr
		start, stop, step expr // nil if left out
	}
	callExpr struct {
		at
		f expr
		argList
	}
	filterExpr struct {
		at
		x expr
		filterCall
	}
	testExpr struct {
		at
		x expr
		filterCall
	}
	unaryExpr struct {
		at
		op string
		x  expr
	}
	binaryExpr struct {
		at
		op   string
		x, y expr
	}
	compareExpr struct {
		at
		x    expr
		ops  []string
		rest []expr
	}
	concatExpr struct {
		at
		items []expr
	}
	condExpr struct {
		at
		cond, x, y expr // y is nil if left out
	}
)

// argList is the arguments of a call.
type argList struct {
	pos        []expr
	names      []string
	named      []expr // one for each of names
	star, dict expr   // *x and **x, nil if left out
}

// filterCall is a filter or a test with its arguments.
type filterCall struct {
	line int
	name string
	argList
}

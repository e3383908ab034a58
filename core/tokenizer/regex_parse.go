// A small regular expression compiler for pre-tokenizers: package regexp has no
// lookahead, which nearly all of them need. The syntax is what tokenizer.json
// files use of Oniguruma's: alternatives, groups, (?i:...), lookahead, single
// character lookbehind, atomic groups, greedy, lazy and possessive repetition,
// classes with \p{...}, \s, \d, \w and &&, and the anchors ^ $ \A \z \b \B.
// Source of the syntax: Oniguruma's doc/RE.

package tokenizer

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gander-lm/gander/core/errs"
)

// maxProgram bounds what a repetition like (a{1000}){1000} may grow to.
const maxProgram = 20000

// node is a part of a parsed expression.
type node struct {
	op       nodeOp
	set      *set    // one
	kids     []*node // sequence, either; the one part of the others
	min, max int     // repeat
	mode     byte    // repeat: '?' lazy, '+' possessive; assert: which
	neg      bool    // ahead, behind
}

type nodeOp uint8

const (
	nodeOne nodeOp = iota // a character of a set
	nodeSequence
	nodeEither
	nodeRepeat
	nodeAhead
	nodeBehind
	nodeAtomic
	nodeAssert
)

type regexParser struct {
	pattern string
	i       int
	fold    bool
}

type regexError string

// parseRegex returns the tree of a pattern; what is not known is an
// *errs.UnsupportedError.
func parseRegex(pattern string) (n *node, err error) {
	p := &regexParser{pattern: pattern}
	defer func() {
		if r := recover(); r != nil {
			what, ours := r.(regexError)
			if !ours {
				panic(r)
			}
			n, err = nil, &errs.UnsupportedError{What: fmt.Sprintf("regular expression %q: %s", pattern, string(what))}
		}
	}()
	if !utf8.ValidString(pattern) {
		p.fail("it is not UTF-8")
	}
	n = p.either(0)
	if p.i < len(pattern) {
		p.fail("a parenthesis too many")
	}
	return n, nil
}

func (p *regexParser) fail(format string, args ...any) {
	panic(regexError(fmt.Sprintf(format, args...) + " at byte " + strconv.Itoa(p.i)))
}

func (p *regexParser) more() bool { return p.i < len(p.pattern) }

func (p *regexParser) eat(s string) bool {
	if strings.HasPrefix(p.pattern[p.i:], s) {
		p.i += len(s)
		return true
	}
	return false
}

func (p *regexParser) rune() rune {
	if !p.more() {
		p.fail("it ends too early")
	}
	r, n := utf8.DecodeRuneInString(p.pattern[p.i:])
	p.i += n
	return r
}

func (p *regexParser) either(depth int) *node {
	if depth > 100 {
		p.fail("too many groups in one another")
	}
	fold := p.fold
	n := &node{op: nodeEither}
	for {
		n.kids = append(n.kids, p.sequence(depth))
		if !p.eat("|") {
			break
		}
	}
	p.fold = fold
	if len(n.kids) == 1 {
		return n.kids[0]
	}
	return n
}

func (p *regexParser) sequence(depth int) *node {
	n := &node{op: nodeSequence}
	for p.more() && p.pattern[p.i] != '|' && p.pattern[p.i] != ')' {
		if k := p.atom(depth); k != nil {
			n.kids = append(n.kids, p.repeat(k))
		}
	}
	return n
}

func (p *regexParser) atom(depth int) *node {
	switch {
	case p.eat("("):
		return p.group(depth)
	case p.eat("["):
		return &node{set: p.class(depth)}
	case p.eat("^"):
		return &node{op: nodeAssert, mode: '^'}
	case p.eat("$"):
		return &node{op: nodeAssert, mode: '$'}
	case p.eat("."):
		return &node{set: newSet(func(r rune) bool { return r != '\n' })}
	case p.eat(`\`):
		if p.more() && strings.IndexByte("AzZbB", p.pattern[p.i]) >= 0 {
			p.i++
			return &node{op: nodeAssert, mode: p.pattern[p.i-1]}
		}
		return &node{set: newSet(p.escape())}
	}
	if strings.IndexByte("*+?", p.pattern[p.i]) >= 0 {
		p.fail("nothing to repeat")
	}
	return &node{set: newSet(p.folded(p.rune()))}
}

func (p *regexParser) group(depth int) *node {
	n := &node{op: nodeSequence}
	fold := p.fold
	switch {
	case p.eat("?:"):
	case p.eat("?="):
		n.op = nodeAhead
	case p.eat("?!"):
		n.op, n.neg = nodeAhead, true
	case p.eat("?<="):
		n.op = nodeBehind
	case p.eat("?<!"):
		n.op, n.neg = nodeBehind, true
	case p.eat("?>"):
		n.op = nodeAtomic
	case p.eat("?i:"):
		p.fold = true
	case p.eat("?-i:"):
		p.fold = false
	case p.eat("?i)"):
		p.fold = true // to the end of the group around
		return nil
	case p.eat("?"):
		p.fail("an unknown group")
	}
	n.kids = []*node{p.either(depth + 1)}
	p.fold = fold
	if !p.eat(")") {
		p.fail("a parenthesis is not closed")
	}
	if n.op == nodeBehind && single(n.kids[0]) == nil {
		p.fail("a lookbehind of more than one character")
	}
	return n
}

// single returns the set of a node that is always one character, or nil.
func single(n *node) *set {
	switch n.op {
	case nodeOne:
		return n.set
	case nodeSequence:
		if len(n.kids) == 1 {
			return single(n.kids[0])
		}
	case nodeEither:
		var sets []*set
		for _, k := range n.kids {
			s := single(k)
			if s == nil {
				return nil
			}
			sets = append(sets, s)
		}
		return newSet(func(r rune) bool {
			for _, s := range sets {
				if s.has(r) {
					return true
				}
			}
			return false
		})
	}
	return nil
}

func (p *regexParser) repeat(k *node) *node {
	for p.more() {
		n := &node{op: nodeRepeat, kids: []*node{k}, max: anyNumber}
		counted := false
		switch {
		case p.eat("*"):
		case p.eat("+"):
			n.min = 1
		case p.eat("?"):
			n.max = 1
		case p.pattern[p.i] == '{':
			low, high, end, ok := counts(p.pattern[p.i:])
			if !ok {
				return k // Oniguruma takes a brace that counts nothing as itself
			}
			p.i += end
			n.min, n.max, counted = low, high, true
		default:
			return k
		}
		if k.op == nodeAssert || k.op == nodeAhead || k.op == nodeBehind {
			p.fail("a repeated assertion")
		}
		if n.max > 1 && nullable(k) {
			p.fail("a repetition of what can be empty")
		}
		switch {
		case p.eat("?"):
			n.mode = '?'
		case !counted && p.eat("+"):
			n.mode = '+'
		}
		k = n
	}
	return k
}

// counts reads {n}, {n,}, {,m} or {n,m}.
func counts(s string) (low, high, end int, ok bool) {
	end = strings.IndexByte(s, '}') + 1
	if end == 0 {
		return 0, 0, 0, false
	}
	a, b, two := strings.Cut(s[1:end-1], ",")
	var err error
	if a != "" || !two {
		if low, err = strconv.Atoi(a); err != nil || low < 0 || low > 1000 {
			return 0, 0, 0, false
		}
	}
	high = low
	if two {
		high = anyNumber
		if b != "" {
			if high, err = strconv.Atoi(b); err != nil || high < low || high > 1000 {
				return 0, 0, 0, false
			}
		} else if a == "" {
			return 0, 0, 0, false
		}
	}
	return low, high, end, true
}

func nullable(n *node) bool {
	switch n.op {
	case nodeOne:
		return false
	case nodeSequence, nodeAtomic:
		for _, k := range n.kids {
			if !nullable(k) {
				return false
			}
		}
		return true
	case nodeEither:
		for _, k := range n.kids {
			if nullable(k) {
				return true
			}
		}
		return false
	case nodeRepeat:
		return n.min == 0 || nullable(n.kids[0])
	}
	return true
}

// folded returns the test for a character, in either case under (?i).
func (p *regexParser) folded(r rune) func(rune) bool {
	if !p.fold {
		return func(c rune) bool { return c == r }
	}
	return foldedTest(func(c rune) bool { return c == r })
}

func foldedTest(test func(rune) bool) func(rune) bool {
	return func(c rune) bool {
		if test(c) {
			return true
		}
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			if test(f) {
				return true
			}
		}
		return false
	}
}

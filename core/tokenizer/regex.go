package tokenizer

import (
	"math"
	"unicode/utf8"

	"github.com/gander-lm/gander/core/errs"
)

// regex is a compiled expression. It is matched by backtracking, as its authors'
// tools do, with a bound on the number of steps: expressions come with models,
// and some take exponential time.
type regex struct {
	program []instruction
	size    *int // instructions of the whole expression
}

type instruction struct {
	op   opcode
	mode byte // opRepeat: '?' lazy, '+' possessive; opAssert: which
	neg  bool
	x, y int // where to go on, and where if that fails; opRepeat: least and most
	set  *set
	sub  *regex
}

type opcode uint8

const (
	opOne    opcode = iota
	opRepeat        // characters of a set, x to y of them
	opSplit
	opJump
	opAhead
	opBehind
	opAtomic
	opAssert
	opDone
)

// tooManySteps is what match returns instead of an end.
const tooManySteps = math.MinInt

// compileRegex returns a step for a pattern.
func compileRegex(pattern string) (step, error) {
	tree, err := parseRegex(pattern)
	if err != nil {
		return nil, err
	}
	re := &regex{size: new(int)}
	if !re.compile(tree) {
		return nil, &errs.UnsupportedError{What: "regular expression " + pattern + ": its repetitions are too large"}
	}
	re.emit(instruction{op: opDone})
	return func(s string, i int) int {
		budget := 200*(len(s)-i) + 100000
		end := re.match(s, i, &budget)
		if end == -1 {
			return i
		}
		return end
	}, nil
}

func (re *regex) emit(in instruction) int {
	*re.size++
	re.program = append(re.program, in)
	return len(re.program) - 1
}

// compile appends the program of a node; it is false if that is too long.
func (re *regex) compile(n *node) bool {
	if *re.size > maxProgram {
		return false
	}
	switch n.op {
	case nodeOne:
		re.emit(instruction{op: opOne, set: n.set})
	case nodeAssert:
		re.emit(instruction{op: opAssert, mode: n.mode})
	case nodeBehind:
		re.emit(instruction{op: opBehind, set: single(n.kids[0]), neg: n.neg})
	case nodeAhead, nodeAtomic:
		op := opAhead
		if n.op == nodeAtomic {
			op = opAtomic
		}
		return re.compileSub(instruction{op: op, neg: n.neg}, n.kids[0])
	case nodeSequence:
		for _, k := range n.kids {
			if !re.compile(k) {
				return false
			}
		}
	case nodeEither:
		var ends []int
		for i, k := range n.kids {
			split := -1
			if i < len(n.kids)-1 {
				split = re.emit(instruction{op: opSplit, x: len(re.program) + 1})
			}
			if !re.compile(k) {
				return false
			}
			if split >= 0 {
				ends = append(ends, re.emit(instruction{op: opJump}))
				re.program[split].y = len(re.program)
			}
		}
		for _, e := range ends {
			re.program[e].x = len(re.program)
		}
	case nodeRepeat:
		return re.compileRepeat(n)
	}
	return true
}

func (re *regex) compileSub(in instruction, n *node) bool {
	in.sub = &regex{size: re.size}
	if !in.sub.compile(n) {
		return false
	}
	in.sub.emit(instruction{op: opDone})
	re.emit(in)
	return true
}

func (re *regex) compileRepeat(n *node) bool {
	k := n.kids[0]
	if s := single(k); s != nil {
		re.emit(instruction{op: opRepeat, set: s, x: n.min, y: n.max, mode: n.mode})
		return true
	}
	if n.mode == '+' {
		plain := *n
		plain.mode = 0
		return re.compileSub(instruction{op: opAtomic}, &plain)
	}
	order := func(split, into, past int) {
		re.program[split].x, re.program[split].y = into, past
		if n.mode == '?' {
			re.program[split].x, re.program[split].y = past, into
		}
	}
	for range n.min {
		if !re.compile(k) {
			return false
		}
	}
	if n.max == anyNumber {
		loop := re.emit(instruction{op: opSplit})
		if !re.compile(k) {
			return false
		}
		re.emit(instruction{op: opJump, x: loop})
		order(loop, loop+1, len(re.program))
		return true
	}
	var splits []int
	for range n.max - n.min {
		splits = append(splits, re.emit(instruction{op: opSplit}))
		if !re.compile(k) {
			return false
		}
	}
	for _, s := range splits {
		order(s, s+1, len(re.program))
	}
	return true
}

// choice is a place to go back to: pc at position at. With low <= at it stands
// for all positions of a repeated set from at down (or up to high) to low.
type choice struct {
	pc, at, low, high int
	set               *set // lazy repetition: takes one more
}

// match returns the end of the match at s[i], -1 if there is none, or
// tooManySteps.
func (re *regex) match(s string, i int, budget *int) int {
	var room [16]choice
	stack := room[:0]
	pc := 0
	for {
		if *budget--; *budget < 0 {
			return tooManySteps
		}
		in := &re.program[pc]
		ok := true
		switch in.op {
		case opDone:
			return i
		case opOne:
			end := in.set.end(s, i)
			if ok = end >= 0; ok {
				i = end
			}
		case opJump:
			pc = in.x
			continue
		case opSplit:
			stack = append(stack, choice{pc: in.y, at: i, low: i})
			pc = in.x
			continue
		case opRepeat:
			limit := in.y
			if in.mode == '?' {
				limit = in.x
			}
			end, n, least := i, 0, i
			for n < limit {
				next := in.set.end(s, end)
				if next < 0 {
					break
				}
				end = next
				if n++; n == in.x {
					least = end
				}
			}
			*budget -= n
			if ok = n >= in.x; ok {
				if in.mode == '?' && in.y > n {
					stack = append(stack, choice{pc: pc + 1, at: end, high: in.y - n, set: in.set})
				} else if in.mode == 0 && end > least {
					stack = append(stack, choice{pc: pc + 1, at: before(s, end), low: least})
				}
				i = end
			}
		case opAhead, opAtomic:
			end := in.sub.match(s, i, budget)
			if end == tooManySteps {
				return end
			}
			if ok = (end >= 0) != in.neg; ok && in.op == opAtomic {
				i = end
			}
		case opBehind:
			found := false
			if i > 0 {
				r, _ := utf8.DecodeLastRuneInString(s[:i])
				found = in.set.has(r)
			}
			ok = found != in.neg
		case opAssert:
			ok = holds(in.mode, s, i)
		}
		if ok {
			pc++
			continue
		}
		for i = -1; i < 0; {
			if len(stack) == 0 {
				return -1
			}
			i, pc, stack = back(s, stack)
		}
	}
}

// back takes the last choice; i is -1 if it leads nowhere.
func back(s string, stack []choice) (i, pc int, rest []choice) {
	c := &stack[len(stack)-1]
	i, pc = c.at, c.pc
	if c.set != nil { // lazy: one more character
		end := c.set.end(s, c.at)
		if c.high--; end < 0 || c.high == 0 {
			stack = stack[:len(stack)-1]
		} else {
			c.at = end
		}
		return end, pc, stack
	}
	if c.at > c.low {
		c.at = before(s, c.at)
		return i, pc, stack
	}
	return i, pc, stack[:len(stack)-1]
}

// before returns the start of the character that ends at i > 0.
func before(s string, i int) int {
	_, n := utf8.DecodeLastRuneInString(s[:i])
	return i - n
}

// holds says whether an anchor matches at s[i].
func holds(mode byte, s string, i int) bool {
	switch mode {
	case 'A':
		return i == 0
	case 'z':
		return i == len(s)
	case 'Z':
		return i == len(s) || i == len(s)-1 && s[i] == '\n'
	case '^':
		return i == 0 || s[i-1] == '\n'
	case '$':
		return i == len(s) || s[i] == '\n'
	}
	word := func(r rune, n int) bool { return n > 0 && isWord(r) }
	left := word(utf8.DecodeLastRuneInString(s[:i]))
	right := word(utf8.DecodeRuneInString(s[i:]))
	return (left != right) == (mode == 'b')
}

package tokenizer

import "math"

// symbol is a stretch of text that is, or may become, a token: a node of a list
// whose neighbours are joined step by step.
type symbol struct {
	start, end int   // in the text; end == start after it was joined to its left
	id         int32 // token, -1 if the stretch is none
	prev, next int   // -1 at the ends
	frozen     bool  // never joined
}

// candidate is a possible join of two neighbours. A smaller rank is joined
// first; of equal ranks the leftmost.
type candidate struct {
	rank       float32
	left       int // index of the left symbol
	start, end int // of the joined text, to notice when it is out of date
	id         int32
}

// merger joins neighbouring symbols until no pair is a token, in O(n log n).
type merger struct {
	// join returns the token and rank of a pair, if it is one.
	join    func(l, r *symbol) (id int32, rank float32, ok bool)
	symbols []symbol
	heap    []candidate
}

// fewSymbols is up to where looking at all pairs again and again is faster than a
// heap.
const fewSymbols = 24

// run joins all that can be joined in m.symbols, and links what is left.
func (m *merger) run() {
	if len(m.symbols) <= fewSymbols {
		m.runFew()
		m.link()
		return
	}
	m.link()
	m.heap = m.heap[:0]
	for i := 0; i+1 < len(m.symbols); i++ {
		m.propose(i)
	}
	for len(m.heap) > 0 {
		c := m.pop()
		l := &m.symbols[c.left]
		if l.start != c.start || l.next < 0 || l.end == l.start {
			continue
		}
		r := &m.symbols[l.next]
		if r.end != c.end {
			continue
		}
		l.end, l.id, l.next = r.end, c.id, r.next
		r.start, r.end = 0, 0
		if l.next >= 0 {
			m.symbols[l.next].prev = c.left
			m.propose(c.left)
		}
		if l.prev >= 0 {
			m.propose(l.prev)
		}
	}
}

// runFew does the same for a few symbols and leaves no gaps in m.symbols.
func (m *merger) runFew() {
	const none = math.MaxFloat32
	var joins [fewSymbols]candidate // of each symbol with the next
	look := func(i int) {
		joins[i].rank = none
		if id, rank, ok := m.join(&m.symbols[i], &m.symbols[i+1]); ok {
			joins[i] = candidate{rank: rank, id: id}
		}
	}
	for i := 0; i+1 < len(m.symbols); i++ {
		look(i)
	}
	for n := len(m.symbols); n > 1; n-- {
		best := 0
		for i := 1; i < n-1; i++ {
			if joins[i].rank < joins[best].rank {
				best = i
			}
		}
		if joins[best].rank == none {
			return
		}
		m.symbols[best].end, m.symbols[best].id = m.symbols[best+1].end, joins[best].id
		copy(m.symbols[best+1:], m.symbols[best+2:])
		copy(joins[best+1:], joins[best+2:])
		m.symbols = m.symbols[:n-1]
		if best < n-2 {
			look(best)
		}
		if best > 0 {
			look(best - 1)
		}
	}
}

// link makes a list of the symbols.
func (m *merger) link() {
	for i := range m.symbols {
		m.symbols[i].prev, m.symbols[i].next = i-1, i+1
	}
	if n := len(m.symbols); n > 0 {
		m.symbols[n-1].next = -1
	}
}

func (m *merger) propose(left int) {
	l := &m.symbols[left]
	r := &m.symbols[l.next]
	if id, rank, ok := m.join(l, r); ok {
		m.push(candidate{rank, left, l.start, r.end, id})
	}
}

func less(a, b candidate) bool { return a.rank < b.rank || a.rank == b.rank && a.start < b.start }

func (m *merger) push(c candidate) {
	m.heap = append(m.heap, c)
	for i := len(m.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !less(m.heap[i], m.heap[up]) {
			break
		}
		m.heap[i], m.heap[up] = m.heap[up], m.heap[i]
		i = up
	}
}

func (m *merger) pop() candidate {
	top, last := m.heap[0], len(m.heap)-1
	m.heap[0] = m.heap[last]
	m.heap = m.heap[:last]
	for i := 0; ; {
		small := i
		for _, c := range [2]int{2*i + 1, 2*i + 2} {
			if c < last && less(m.heap[c], m.heap[small]) {
				small = c
			}
		}
		if small == i {
			return top
		}
		m.heap[i], m.heap[small] = m.heap[small], m.heap[i]
		i = small
	}
}

// appendIDs appends the tokens of the symbols that run has left.
func (m *merger) appendIDs(ids []int32) []int32 {
	for i := 0; i >= 0 && i < len(m.symbols); i = m.symbols[i].next {
		ids = append(ids, m.symbols[i].id)
	}
	return ids
}

package tokenizer

import "sort"

// trie finds the strings of a set that a text begins with, byte by byte. The
// children of a node lie side by side, in the order of their bytes.
type trie struct {
	nodes []trieNode
	root  [256]int32 // node for the first byte, 0 if there is none
}

type trieNode struct {
	first int32 // the first child
	count int16 // number of children
	b     byte
	id    int32 // what was stored for the string that ends here, -1 for none
}

// newTrie makes a trie of strings and their ids. Of equal strings the first
// counts; empty ones are left out.
func newTrie(words []string, ids []int32) *trie {
	order := make([]int32, 0, len(words))
	for i, w := range words {
		if w != "" {
			order = append(order, int32(i))
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return words[order[i]] < words[order[j]] })
	t := &trie{nodes: make([]trieNode, 1, len(words)+1)}
	t.nodes[0].id = -1
	// Breadth first: the words with a common beginning are a range of order.
	type span struct{ node, from, to, depth int32 }
	queue := []span{{0, 0, int32(len(order)), 0}}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for s.from < s.to && int32(len(words[order[s.from]])) == s.depth {
			if n := &t.nodes[s.node]; n.id < 0 {
				n.id = ids[order[s.from]]
			}
			s.from++
		}
		t.nodes[s.node].first = int32(len(t.nodes))
		for at := s.from; at < s.to; {
			b, end := words[order[at]][s.depth], at
			for end < s.to && words[order[end]][s.depth] == b {
				end++
			}
			queue = append(queue, span{int32(len(t.nodes)), at, end, s.depth + 1})
			t.nodes = append(t.nodes, trieNode{b: b, id: -1})
			t.nodes[s.node].count++
			at = end
		}
	}
	for i := range t.nodes[0].count {
		n := t.nodes[0].first + int32(i)
		t.root[t.nodes[n].b] = n
	}
	return t
}

// child returns the node that follows node n for a byte, 0 if there is none. The
// root is node 0.
func (t *trie) child(n int32, b byte) int32 {
	if n == 0 {
		return t.root[b]
	}
	node := &t.nodes[n]
	low, high := node.first, node.first+int32(node.count)
	for low < high {
		mid := (low + high) >> 1
		switch c := t.nodes[mid].b; {
		case c == b:
			return mid
		case c < b:
			low = mid + 1
		default:
			high = mid
		}
	}
	return 0
}

// longest returns the end and id of the longest string of the set that begins at
// s[i], or i and -1.
func (t *trie) longest(s string, i int) (end int, id int32) {
	end, id = i, -1
	for n, j := int32(0), i; j < len(s); {
		if n = t.child(n, s[j]); n == 0 {
			break
		}
		j++
		if t.nodes[n].id >= 0 {
			end, id = j, t.nodes[n].id
		}
	}
	return end, id
}

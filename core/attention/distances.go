package attention

import "github.com/gander-lm/gander/core/kernel"

// distances is a bias of heads and distances, computed once for all distances of a
// call: each is met by many queries.
type distances struct {
	Bias
	last    int    // position of the last query
	numbers Matrix // [heads, distances]: number i is of the key's position less the query's, i - last
}

// tabulated returns the bias of a call with queries from position first on, as a
// table if it depends on nothing but head and distance.
func tabulated(b Bias, s sizes, first int) Bias {
	switch b.(type) {
	case *ALiBi, *T5Bias:
	default: // may depend on the positions themselves
		return b
	}
	d := &distances{Bias: b, last: first + s.queries - 1, numbers: newMatrix(s.heads, s.queries+s.keys-1)}
	for head := range s.heads {
		b.Add(d.numbers.Row(head), head, d.last, 0)
	}
	return d
}

// Tabulate returns ALiBi or T5Bias as a table, for Causal with so many positions.
func Tabulate(b Bias, heads, positions int) Bias {
	return tabulated(b, sizes{heads: heads, queries: positions, keys: positions}, 0)
}

// Add is as in Bias.
func (d *distances) Add(scores []float32, head, query, from int) {
	kernel.Add(scores, d.numbers.Row(head)[from-query+d.last:][:len(scores)])
}

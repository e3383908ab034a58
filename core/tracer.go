package core

import (
	"math"
	"slices"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/shard"
)

// tracer does what a tracePlan says in the forward passes of a session. Every worker
// has one, with the same plan; worker 0's gets what the others have seen.
type tracer struct {
	tracePlan
	c     *arch.Config
	group shard.Group

	// Of the pass at hand.
	tokens               int         // of the batch
	first, queries, keys int         // of the queries whose attention is reported
	rows                 []float32   // by worker, layer and head: see place
	split                shard.Split // of the rows
	spare                []float32   // weights that nobody has any more

	lensView *arch.Lens
	parts    *arch.Parts
	done     Trace      // of the passes since the last token
	whole    *Attention // of a prompt that goes through in several passes
}

func newTracer(p tracePlan, c *arch.Config, group shard.Group) *tracer {
	t := &tracer{tracePlan: p, c: c, group: group}
	if len(p.lens) > 0 {
		t.lensView = arch.NewLens(c, p.lens)
	}
	if p.attribution {
		t.parts = &arch.Parts{}
	}
	return t
}

// begin makes a batch tell what is to be reported of it.
func (t *tracer) begin(b *arch.Batch) {
	n, first, predicts := len(b.IDs), b.Cache.Len(), len(b.Logits) > 0
	t.tokens, t.queries = n, 0
	if len(t.layers) > 0 && (t.prompt || predicts) {
		t.queries, t.keys, t.source = 1, first+n, b.Cache.Source // of followers too
		if t.prompt {
			t.queries = n
		}
		t.first = t.keys - t.queries
		t.resize()
		b.Observe = t.observe
		if t.source > 0 {
			b.ObserveCross = t.observeCross
		}
	}
	if len(t.ablate) > 0 || t.norms && t.queries > 0 {
		b.Heads = t.look
	}
	if !predicts {
		return
	}
	b.Lens, b.Parts = t.lensView, t.parts
	if len(t.residual) > 0 && t.group.Rank() == 0 {
		t.done.Residual = &Residual{Layers: t.residual, Size: t.c.HiddenSize, Values: make([]float32, 0, len(t.residual)*t.c.HiddenSize)}
		b.Residual = t.stream
	}
}

// own returns which of the traced heads a worker has: the indices from from up to to.
func (t *tracer) own(rank int) (from, to int) {
	r := t.c.HeadsOf(rank)
	from, _ = slices.BinarySearch(t.heads, r.From)
	to, _ = slices.BinarySearch(t.heads, r.To)
	return from, to
}

// width returns how many values a worker keeps of a query: its weights of the text's
// positions, those of the source's, and its norm.
func (t *tracer) width() int {
	n := t.kept(t.keys) + t.kept(t.source)
	if t.norms {
		n++
	}
	return n
}

// kept returns how many values a worker keeps of the weights of so many positions: all, or
// the largest and their positions.
func (t *tracer) kept(keys int) int {
	if t.topK > 0 && keys > 0 {
		return 2 * t.topK
	}
	return keys
}

// resize makes room for the rows of a pass.
func (t *tracer) resize() {
	t.split = append(t.split[:0], 0)
	for r := range t.group.Size() {
		from, to := t.own(r)
		t.split = append(t.split, t.split[r]+len(t.layers)*(to-from)*t.queries*t.width())
	}
	n := t.split.Total()
	switch {
	case t.direct():
		t.rows = t.take(n)
		return
	case cap(t.rows) < n:
		t.rows = make([]float32, n+n/4)
	}
	t.rows = t.rows[:n]
	if t.queries > 1 { // else each is written as a whole
		clear(t.rows)
	}
}

// direct tells whether the rows are just what is reported: those of one query, of all
// its weights, and on one worker.
func (t *tracer) direct() bool {
	return t.group.Size() == 1 && t.queries == 1 && t.topK == 0 && !t.norms && t.source == 0 && t.whole == nil
}

// place returns what is kept of a query: of a worker's traced head (by index) of a
// traced layer (by index).
func (t *tracer) place(rank, layer, head, query int) []float32 {
	from, to := t.own(rank)
	w := t.width()
	at := t.split[rank] + ((layer*(to-from)+head-from)*t.queries+query)*w
	return t.rows[at : at+w]
}

// observe returns the observer of a layer.
func (t *tracer) observe(layer int) attention.Observer { return t.observer(layer, 0, t.kept(t.keys)) }

// observeCross returns the observer of a layer's cross-attention.
func (t *tracer) observeCross(layer int) attention.Observer {
	from := t.kept(t.keys)
	return t.observer(layer, from, from+t.kept(t.source))
}

// observer returns what keeps the weights of a layer between from and to of a query's values.
func (t *tracer) observer(layer, from, to int) attention.Observer {
	l, traced := slices.BinarySearch(t.layers, layer)
	if !traced {
		return nil
	}
	return func(head, position int, weights []float32) {
		h, traced := slices.BinarySearch(t.heads, head)
		if !traced || position < t.first {
			return
		}
		row := t.place(t.group.Rank(), l, h, position-t.first)[from:to]
		if t.topK == 0 {
			copy(row, weights)
			return
		}
		largest(row[:t.topK], row[t.topK:2*t.topK], weights)
	}
}

// largest writes the largest of x, in order, and their positions; equal ones by
// position. What is not above 0 is left out, for which the position is -1.
func largest(values, positions, x []float32) {
	n := 0
	for p, v := range x {
		if !(v > 0) || n == len(values) && v <= values[n-1] {
			continue
		}
		n = min(n+1, len(values))
		i := n - 1
		for ; i > 0 && values[i-1] < v; i-- {
			values[i], positions[i] = values[i-1], positions[i-1]
		}
		values[i], positions[i] = v, float32(p) // exact: a context is shorter than 2²⁴
	}
	for ; n < len(values); n++ {
		values[n], positions[n] = 0, -1
	}
}

// look scales heads, z [tokens, heads, headDim] of a layer, and takes their norms.
func (t *tracer) look(layer, first int, z []float32) {
	tokens, heads := t.tokens, t.c.HeadsOf(t.group.Rank()).Len()
	if heads == 0 {
		return
	}
	size := len(z) / (tokens * heads) // in some models it differs from layer to layer
	for _, a := range t.ablate {
		if i := a.Head - first; a.Layer == layer && i >= 0 && i < heads {
			for token := range tokens {
				kernel.Scale(z[(token*heads+i)*size:][:size], float32(a.Scale))
			}
		}
	}
	l, traced := slices.BinarySearch(t.layers, layer)
	if !t.norms || t.queries == 0 || !traced {
		return
	}
	from, to := t.own(t.group.Rank())
	for h := from; h < to; h++ {
		for q := range t.queries {
			out := z[((tokens-t.queries+q)*heads+t.heads[h]-first)*size:][:size]
			row := t.place(t.group.Rank(), l, h, q)
			row[len(row)-1] = float32(math.Sqrt(float64(kernel.Dot(out, out))))
		}
	}
}

// stream keeps the last row of the residual stream x [rows, hidden] behind a layer.
func (t *tracer) stream(layer int, x []float32) {
	if slices.Contains(t.residual, layer) {
		t.done.Residual.Values = append(t.done.Residual.Values, x[len(x)-t.c.HiddenSize:]...)
	}
}

// end gathers what the workers have seen in a pass.
func (t *tracer) end() {
	if t.queries == 0 {
		return
	}
	t.group.Gather(t.rows, t.split)
	if t.group.Rank() > 0 || t.group.Err() != nil {
		return
	}
	a := t.whole
	if t.direct() {
		t.done.Attention = &Attention{Layers: t.layers, Heads: t.heads, First: t.first, Queries: 1, Keys: t.keys, Weights: t.rows}
		t.rows = nil
		return
	}
	if a == nil {
		a = t.newAttention(t.first, t.queries)
	}
	t.done.Attention = a
	rows := len(a.Heads) * a.Queries
	for l := range a.Layers {
		for r := range t.group.Size() {
			from, to := t.own(r)
			for h := from; h < to; h++ {
				for q := range t.queries {
					t.unpack(a, l*rows+h*a.Queries+t.first-a.First+q, t.place(r, l, h, q))
				}
			}
		}
	}
	if t.keys == a.Keys {
		t.whole = nil
	}
}

// newAttention returns the weights of queries from position first on, zeros yet.
func (t *tracer) newAttention(first, queries int) *Attention {
	a := &Attention{Layers: t.layers, Heads: t.heads, First: first, Queries: queries, Keys: first + queries}
	rows := len(a.Layers) * len(a.Heads) * queries
	a.Weights, a.Positions = t.newWeights(rows, a.Keys)
	if t.source > 0 {
		a.Cross = &CrossAttention{Keys: t.source}
		a.Cross.Weights, a.Cross.Positions = t.newWeights(rows, a.Cross.Keys)
	}
	if t.norms {
		a.Norms = make([]float32, rows)
	}
	return a
}

// newWeights returns memory for the weights of so many positions, or for the largest.
func (t *tracer) newWeights(rows, keys int) ([]float32, []int32) {
	if t.topK > 0 {
		return make([]float32, rows*t.topK), make([]int32, rows*t.topK)
	}
	if t.queries == 1 && t.whole == nil { // each is written as a whole
		return t.take(rows * keys), nil
	}
	return make([]float32, rows*keys), nil
}

// take returns memory for n weights, whose values have no meaning.
func (t *tracer) take(n int) []float32 {
	x := t.spare
	t.spare = nil
	switch {
	case cap(x) >= n:
		return x[:n]
	case t.reuse:
		return make([]float32, n, n+n/4) // the text grows
	}
	return make([]float32, n)
}

// reclaim takes back the weights of a token that was yielded.
func (t *tracer) reclaim(a *Attention) {
	if t.reuse && a != nil && a.Queries == 1 && t.topK == 0 {
		t.spare = a.Weights
	}
}

// unpack puts what was kept of a query into row i of a.
func (t *tracer) unpack(a *Attention, i int, kept []float32) {
	if t.norms {
		a.Norms[i] = kept[len(kept)-1]
		kept = kept[:len(kept)-1]
	}
	own := t.kept(t.keys)
	t.unpackWeights(a.Weights, a.Positions, i, a.Keys, kept[:own])
	if c := a.Cross; c != nil {
		t.unpackWeights(c.Weights, c.Positions, i, c.Keys, kept[own:])
	}
}

// unpackWeights puts what was kept of a row of weights, of keys positions, into row i.
func (t *tracer) unpackWeights(weights []float32, positions []int32, i, keys int, kept []float32) {
	if t.topK == 0 {
		copy(weights[i*keys:], kept)
		return
	}
	copy(weights[i*t.topK:], kept[:t.topK])
	for k, p := range kept[t.topK:] {
		positions[i*t.topK+k] = int32(p)
	}
}

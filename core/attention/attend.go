package attention

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
)

// tileRows is about how many queries, of the heads that share keys, are computed
// together: enough to share the loads of the keys.
const tileRows = 24

// call is one call of a kind of attention: its inputs, and the memory it works in.
type call struct {
	sizes
	*Options
	variant
	q, k, v Matrix
	factor  float32 // of the scores
	bias    Bias
	out     Result

	panelK, panelV []float32 // of a head, as kernel.Scores and kernel.Mix read them; keys of the additive kind [keys, headDim]
	rows           []float32 // [tile's rows, headDim], queries
	scores         []float32 // [tile's rows, stride]
	stride         int       // keys, rounded up to whole panels
	mixed          []float32 // [tile's rows, valueDim]
	plain          []float32 // [keys], the scores that softmax has overwritten
	sums           []float32 // [keys, headDim], of the additive kind
}

// attend is all kinds of attention. What it does for a query of a head:
//
//	scores  = q·kᵀ·scale, soft-capped, + bias + mask
//	weights = softmax(scores)
//	output  = weights·v
//
// The queries of a tile share each load of keys and values.
func attend(queries, keys, values Matrix, o *Options, variant variant) (Result, error) {
	s, err := o.sizes(queries, keys, values)
	if err != nil {
		return Result{}, err
	}
	if err := variant.check(s); err != nil {
		return Result{}, err
	}
	c := call{sizes: s, Options: o, variant: variant, q: queries, k: keys, v: values, factor: o.Scale}
	c.out = Result{Output: newMatrix(s.queries, s.heads*s.valueDim), sizes: s}
	if o.ReturnAttentionScores {
		c.out.AttentionScores = make([]float32, s.heads*s.queries*s.keys)
	}
	if s.queries == 0 || s.keys == 0 {
		return c.out, nil
	}
	if c.factor == 0 {
		c.factor = variant.scale(s.headDim)
	}
	if o.Bias != nil {
		c.bias = tabulated(o.Bias, s, o.First)
	}
	if o.RoPE != nil {
		c.q, c.k = o.RoPE.rotated(queries, s.headDim, o.First), o.RoPE.rotated(keys, s.headDim, 0)
	}
	c.run()
	return c.out, nil
}

// rotated returns a copy of x [n, heads*headDim], turned by the positions from first on.
// It prepares them in memory of its own, so that calls may go on at the same time.
func (r *RoPE) rotated(x Matrix, headDim, first int) Matrix {
	y := newMatrix(x.Rows, x.Cols)
	copy(y.Data, x.Data)
	r = &RoPE{neox: r.neox, freq: r.freq, scale: r.scale}
	r.At(first, x.Rows)
	for i := range y.Rows {
		r.Rotate(y.Row(i), headDim, i)
	}
	return y
}

// run computes head by head of keys and values, and tile by tile of the queries.
func (c *call) run() {
	tile := min(max(1, tileRows/c.group), c.queries)
	c.stride = kernel.WholePanels(c.keys)
	c.rows, c.scores = make([]float32, tile*c.group*c.headDim), make([]float32, tile*c.group*c.stride)
	c.mixed, c.plain = make([]float32, tile*c.group*c.valueDim), make([]float32, c.keys)
	if c.additive {
		c.sums = make([]float32, c.keys*c.headDim)
	}
	for head := range c.kvHeads {
		c.pack(head)
		for first := 0; first < c.queries; first += tile {
			c.tile(head, first, min(tile, c.queries-first))
		}
	}
}

// pack copies the keys and values of a head to where the kernels read them. Values
// of padding stay zeros: whatever they are, nobody gets them.
func (c *call) pack(head int) {
	const p = kernel.PanelCols
	if c.panelK == nil {
		c.panelK, c.panelV = make([]float32, c.stride*c.headDim), make([]float32, kernel.ValuesLen(c.keys, c.valueDim))
	}
	for i := range c.keys {
		key, value := c.k.Row(i)[head*c.headDim:][:c.headDim], c.v.Row(i)[head*c.valueDim:][:c.valueDim]
		if c.additive {
			copy(c.panelK[i*c.headDim:], key)
		} else {
			panel := c.panelK[i/p*p*c.headDim+i%p:]
			for d, x := range key {
				panel[d*p] = x
			}
		}
		if c.KeyMask != nil && !c.KeyMask[i] {
			continue
		}
		kernel.PutValue(c.panelV, i, value)
	}
}

// tile computes n queries from the first on, of the heads that share head kv.
func (c *call) tile(kv, first, n int) {
	part := c.group * c.headDim
	rows, mixed := c.rows[:n*part], c.mixed[:n*c.group*c.valueDim]
	for i := range n {
		copy(rows[i*part:(i+1)*part], c.q.Row(first + i)[kv*part:])
	}
	from, to := c.keys, 0 // what any query of the tile sees
	same := true          // whether all see that
	for i := range n {
		f, t := c.visible(c.First+first+i, c.keys)
		same = same && (i == 0 || f == from && t == to)
		from, to = min(from, f), max(to, t)
	}
	clear(mixed)
	if from < to {
		c.score(rows, kv, from, to)
		for i := range n * c.group {
			c.weigh(c.scores[i*c.stride:][:c.keys], kv*c.group+i%c.group, first+i/c.group)
		}
		c.mix(mixed, first, n, from, to, same)
	}
	for i := range n {
		copy(c.out.Output.Row(first + i)[kv*c.group*c.valueDim:], mixed[i*c.group*c.valueDim:(i+1)*c.group*c.valueDim])
	}
}

// score writes the scores of queries rows with the keys from from up to to.
func (c *call) score(rows []float32, kv, from, to int) {
	if !c.additive {
		at := from &^ (kernel.PanelCols - 1)
		kernel.Scale(rows, c.factor)
		kernel.Scores(c.scores[at:], c.stride, rows, c.panelK[at*c.headDim:], c.headDim, to-at)
		return
	}
	for i := range len(rows) / c.headDim {
		head := kv*c.group + i%c.group
		scores := c.scores[i*c.stride:][from:to]
		additiveScores(scores, c.w[head*c.headDim%len(c.w):][:c.headDim], rows[i*c.headDim:(i+1)*c.headDim],
			c.panelK[from*c.headDim:to*c.headDim], c.sums[:(to-from)*c.headDim])
		kernel.Scale(scores, c.factor)
	}
}

// weigh makes weights of a query's scores [keys].
func (c *call) weigh(scores []float32, head, query int) {
	from, to := c.visible(c.First+query, len(scores))
	seen := scores[from:to]
	if c.SoftCap > 0 {
		kernel.SoftCap(seen, c.SoftCap)
	}
	if c.bias != nil {
		c.bias.Add(seen, head, c.First+query, from)
	}
	c.hide(seen, head, query, from)
	if c.scoreWeighted {
		copy(c.plain, seen)
	}
	before := row{max: float32(math.Inf(-1))}
	if c.Sinks != nil && !math.IsInf(float64(c.Sinks[head]), -1) {
		before = row{max: c.Sinks[head], sum: 1}
	}
	if _, sum, _ := kernel.Rescale(seen, before.max, before.sum); sum != 0 { // nothing but -Inf: zeros
		kernel.Scale(seen, 1/sum)
	}
	if c.scoreWeighted {
		for i, w := range seen {
			if w != 0 {
				seen[i] = w * c.plain[i]
			}
		}
	}
	if c.out.AttentionScores != nil {
		copy(c.out.AttentionScores[(head*c.queries+query)*len(scores)+from:], seen)
	}
}

// hide applies the masks to a query's scores of the keys from from on.
func (c *call) hide(scores []float32, head, query, from int) {
	at := query*c.keys + from
	whole := c.queries * c.keys
	if n := len(c.AdditiveMask); n > 0 {
		kernel.Add(scores, c.AdditiveMask[(head*whole+at)%n:][:len(scores)])
	}
	hidden := float32(math.Inf(-1))
	if n := len(c.AttentionMask); n > 0 {
		for i, see := range c.AttentionMask[(head*whole+at)%n:][:len(scores)] {
			if !see {
				scores[i] = hidden
			}
		}
	}
	if c.KeyMask != nil {
		for i, see := range c.KeyMask[from:][:len(scores)] {
			if !see {
				scores[i] = hidden
			}
		}
	}
}

// mix adds up the values of a tile's n queries by their weights: all queries
// together if they see the same keys, else one after the other, so that no query
// meets what it may not see.
func (c *call) mix(mixed []float32, first, n, from, to int, same bool) {
	step := n
	if !same {
		step = 1
	}
	for i := 0; i < n; i += step {
		if !same {
			from, to = c.visible(c.First+first+i, c.keys)
		}
		rows := mixed[i*c.group*c.valueDim : (i+step)*c.group*c.valueDim]
		kernel.Mix(rows, c.scores[i*c.group*c.stride+from:], c.stride, c.panelV, c.valueDim, from, to-from)
	}
}

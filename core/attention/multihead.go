package attention

import "cmp"

// MultiHead is attention in several subspaces at once: queries, keys and values
// are projected, each head attends with its part of them, and what the heads get
// is joined and projected once more.
//
//	head_i = Attention(Q·Wq_i, K·Wk_i, V·Wv_i)
//	output = Concat(head_1, …, head_h)·Wo
//
// With fewer heads of keys and values than of queries it is grouped-query
// attention (Ainslie et al., arXiv:2305.13245), with one of them multi-query
// attention (Shazeer, arXiv:1911.02150).
// Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, §3.2.2.
type MultiHead struct {
	NumHeads   int // of the queries; 0 is 1
	NumKVHeads int // of keys and values; 0 is NumHeads

	Wq, Wk, Wv Linear // rows [heads*headDim], [kvHeads*headDim], [kvHeads*valueDim]; zero: no projection
	Wo         Linear // columns [heads*valueDim]; zero: no projection

	Kind Kind // nil is ScaledDotProduct
}

// Forward returns what the queries get from the values, and the weights of every
// head if ReturnAttentionScores asks for them. The number of heads in o is that of
// m, or 0. For self-attention pass the same words three times. The order of the
// arguments is that of torch; Keras has value before key.
//
//	query [queries, Wq's columns], key [keys, Wk's columns], value [keys, Wv's columns]
func (m *MultiHead) Forward(query, key, value Matrix, o Options) (Result, error) {
	heads := cmp.Or(m.NumHeads, 1)
	kvHeads := cmp.Or(m.NumKVHeads, heads)
	if o.NumHeads != 0 && o.NumHeads != heads {
		return Result{}, bad("NumHeads", "%d, of the layer %d", o.NumHeads, heads)
	}
	if o.NumKVHeads != 0 && o.NumKVHeads != kvHeads {
		return Result{}, bad("NumKVHeads", "%d, of the layer %d", o.NumKVHeads, kvHeads)
	}
	o.NumHeads, o.NumKVHeads = heads, kvHeads
	q, err := m.Wq.forward(query, "Wq", "query")
	if err != nil {
		return Result{}, err
	}
	k, err := m.Wk.forward(key, "Wk", "key")
	if err != nil {
		return Result{}, err
	}
	v, err := m.Wv.forward(value, "Wv", "value")
	if err != nil {
		return Result{}, err
	}
	kind := m.Kind
	if kind == nil {
		kind = ScaledDotProduct
	}
	r, err := kind(q, k, v, o)
	if err != nil {
		return Result{}, err
	}
	r.Output, err = m.Wo.forward(r.Output, "Wo", "heads")
	return r, err
}

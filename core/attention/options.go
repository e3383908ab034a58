package attention

import "math"

// Options say which heads there are, which keys a query may see, and what is done
// with the scores before the softmax. The zero value is one head that sees all.
//
// Names are those of Keras' MultiHeadAttention, in Go's spelling. In what they
// mean, torch.nn.MultiheadAttention differs once: its boolean attn_mask and
// key_padding_mask are true where a key is hidden, as are the 1s of the mask in
// the document of docs/attention.md.
type Options struct {
	NumHeads   int // of the queries; 0 is 1
	NumKVHeads int // of keys and values: 1 is multi-query attention, 0 is NumHeads; divides NumHeads

	KeyMask       []bool // [keys], true: a word, false: padding, which nobody sees; nil: all words
	UseCausalMask bool   // a query sees the keys up to its own position
	Window        int    // how near a key must be: fewer than Window positions away; 0: anywhere
	First         int    // position of the first query; keys begin at 0

	// Masks of any form: [queries, keys], or [NumHeads, queries, keys], nil without.
	// A query that may see nothing gets zeros.
	AttentionMask []bool    // true: may be seen
	AdditiveMask  []float32 // added to the scores; -Inf hides

	RoPE    *RoPE     // turns queries and keys by their positions; nil without
	Bias    Bias      // of the scores, by positions: ALiBi, T5Bias; nil without
	Scale   float32   // of the scores; 0 is what the kind of attention says
	SoftCap float32   // bounds the scores, before bias and masks; 0 does not
	Sinks   []float32 // [NumHeads], a further score of each softmax, of no key; nil without

	ReturnAttentionScores bool // also return the weights of the keys
}

// Bias is what a model adds to the scores so that they depend on where the words are.
type Bias interface {
	// Check returns an error if the bias isn't one for so many query heads.
	Check(heads int) error
	// Add adds the bias of a query head, for a query at a position, to the scores
	// of the keys from position from on.
	Add(scores []float32, head, query, from int)
}

// Limits of an option.
const (
	maxPosition = math.MaxInt32
	maxWeights  = 1 << 29 // numbers in the returned weights, 2 GiB
)

// sizes are those of one call, all checked.
type sizes struct {
	heads, kvHeads, group int // group is how many query heads share a key
	queries, keys         int
	headDim, valueDim     int
}

// sizes checks the options against queries [queries, heads*headDim], keys [keys,
// kvHeads*headDim] and values [keys, kvHeads*valueDim].
func (o *Options) sizes(q, k, v Matrix) (sizes, error) {
	s := sizes{heads: o.NumHeads, kvHeads: o.NumKVHeads, queries: q.Rows, keys: k.Rows}
	if s.heads == 0 {
		s.heads = 1
	}
	if s.kvHeads == 0 {
		s.kvHeads = s.heads
	}
	if s.heads < 1 {
		return s, bad("NumHeads", "%d is below 1", s.heads)
	}
	if s.kvHeads < 1 || s.heads%s.kvHeads != 0 {
		return s, bad("NumKVHeads", "%d does not divide NumHeads, %d", s.kvHeads, s.heads)
	}
	s.group = s.heads / s.kvHeads
	for _, m := range []struct {
		name string
		Matrix
		heads int
	}{{"queries", q, s.heads}, {"keys", k, s.kvHeads}, {"values", v, s.kvHeads}} {
		if err := m.check(m.name); err != nil {
			return s, err
		}
		if m.Cols%m.heads != 0 || m.Cols == 0 && m.Rows > 0 {
			return s, bad(m.name, "rows of %d numbers are not those of %d heads", m.Cols, m.heads)
		}
	}
	s.headDim, s.valueDim = q.Cols/s.heads, v.Cols/s.kvHeads
	if k.Rows > 0 && q.Rows > 0 && k.Cols/s.kvHeads != s.headDim {
		return s, bad("keys", "heads of %d numbers, those of the queries have %d", k.Cols/s.kvHeads, s.headDim)
	}
	if v.Rows != k.Rows {
		return s, bad("values", "%d rows for %d keys", v.Rows, k.Rows)
	}
	return s, o.check(s)
}

// check is the part of sizes that comes after heads and matrices.
func (o *Options) check(s sizes) error {
	if n := len(o.KeyMask); o.KeyMask != nil && n != s.keys {
		return bad("KeyMask", "%d values for %d keys", n, s.keys)
	}
	for _, m := range []struct {
		name string
		has  bool
		n    int
	}{{"AttentionMask", o.AttentionMask != nil, len(o.AttentionMask)}, {"AdditiveMask", o.AdditiveMask != nil, len(o.AdditiveMask)}} {
		if m.has && m.n != s.queries*s.keys && m.n != s.heads*s.queries*s.keys {
			return bad(m.name, "%d values, neither [%d queries, %d keys] nor [%d heads, queries, keys]", m.n, s.queries, s.keys, s.heads)
		}
	}
	switch {
	case o.First < 0 || o.First > maxPosition:
		return bad("First", "%d is not from 0 to %d", o.First, maxPosition)
	case o.Window < 0 || o.Window > maxPosition:
		return bad("Window", "%d is not from 0 to %d", o.Window, maxPosition)
	case !(o.SoftCap >= 0) || math.IsInf(float64(o.SoftCap), 0):
		return bad("SoftCap", "%v is not a finite number from 0", o.SoftCap)
	case o.Scale != o.Scale || math.IsInf(float64(o.Scale), 0):
		return bad("Scale", "%v is not a finite number", o.Scale)
	case o.Sinks != nil && len(o.Sinks) != s.heads:
		return bad("Sinks", "%d values for %d heads", len(o.Sinks), s.heads)
	case o.RoPE != nil && o.RoPE.Dims() > s.headDim:
		return bad("RoPE", "turns %d numbers of heads of %d", o.RoPE.Dims(), s.headDim)
	case o.ReturnAttentionScores && s.keys > 0 && s.queries > maxWeights/s.heads/s.keys:
		return bad("ReturnAttentionScores", "%d heads, %d queries and %d keys are more than %d weights", s.heads, s.queries, s.keys, maxWeights)
	}
	if o.Bias != nil {
		return o.Bias.Check(s.heads)
	}
	return nil
}

// visible returns which keys a query at a position may see, those from from up to
// to, as far as causality and window say. Windows: Beltagy et al., "Longformer",
// arXiv:2004.05150, §3.1.
func (o *Options) visible(position, keys int) (from, to int) {
	to = keys
	if o.UseCausalMask {
		to = min(to, position+1)
	}
	if o.Window > 0 {
		from, to = max(0, position+1-o.Window), min(to, position+o.Window)
	}
	return min(from, to), to
}

package attention

import "github.com/gander-lm/gander/core/kernel"

// Kind is a kind of attention: DotProduct, ScaledDotProduct, ScoreWeighted, or
// Additive with its weights.
//
//	queries [queries, heads*headDim], keys [keys, kvHeads*headDim], values [keys, kvHeads*valueDim]
//
// Query head h shares keys and values with those of h / (NumHeads/NumKVHeads). In
// self-attention all three come from the same words, in cross-attention keys and
// values from others. Errors are of type errs.OptionError.
type Kind func(queries, keys, values Matrix, o Options) (Result, error)

// Result is what attention returns.
type Result struct {
	Output Matrix // [queries, heads*valueDim], of MultiHead [queries, Wo's rows]

	// AttentionScores are the weights of the values, after the softmax [heads,
	// queries, keys]: rows that sum to 1 (less with a sink), or zeros where
	// everything is masked. nil unless ReturnAttentionScores asked for them.
	AttentionScores []float32

	sizes sizes
}

// Weights returns the weights that a query of a head has given to the keys [keys].
func (r *Result) Weights(head, query int) ([]float32, error) {
	switch s := r.sizes; {
	case r.AttentionScores == nil:
		return nil, bad("ReturnAttentionScores", "was not asked for")
	case head < 0 || head >= s.heads:
		return nil, bad("head", "%d is not from 0 to %d", head, s.heads-1)
	case query < 0 || query >= s.queries:
		return nil, bad("query", "%d is not from 0 to %d", query, s.queries-1)
	default:
		at := (head*s.queries + query) * s.keys
		return r.AttentionScores[at : at+s.keys], nil
	}
}

// DotProduct mixes the values by softmax(q·kᵀ).
// Luong et al., "Effective Approaches to Attention-based Neural Machine
// Translation", arXiv:1508.04025, §3.1, score "dot".
func DotProduct(queries, keys, values Matrix, o Options) (Result, error) {
	return attend(queries, keys, values, &o, variant{scale: unscaled})
}

// ScaledDotProduct mixes the values by softmax(q·kᵀ / √headDim). The dot product
// of headDim pairs of random numbers spreads by √headDim; undone, the softmax
// stays where it has a gradient.
// Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, eq. 1.
func ScaledDotProduct(queries, keys, values Matrix, o Options) (Result, error) {
	return attend(queries, keys, values, &o, variant{scale: Scale})
}

// ScoreWeighted mixes the values by s·softmax(s), with s = q·kᵀ / √headDim: the
// second formula of section 4.2 of the document that docs/attention.md reads.
//
// It is not the attention of a Transformer, nor of a published model that we know
// of. The weights of a query don't sum to 1, and a key with a negative score takes
// its value away. What the document leaves open is settled so: a is the score on
// the right side of the formula (there it stands on both), the softmax goes over
// all keys of a query (of one number it would be 1), and a hidden key has the
// weight 0 (not -Inf·0). For what the document calls by this name, 加权点积注意力 (Scaled
// Dot-Product Attention), take ScaledDotProduct.
func ScoreWeighted(queries, keys, values Matrix, o Options) (Result, error) {
	return attend(queries, keys, values, &o, variant{scale: Scale, scoreWeighted: true})
}

// Additive mixes the values by softmax(wᵀ·tanh(q + k)), of the kind that was there
// before the dot product. w [headDim] is for all heads, [heads*headDim] for each.
// The projections of the paper, W_a and U_a, are made before, as by MultiHead;
// like this it is Keras' AdditiveAttention, whose scale is our w.
// Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align and
// Translate", arXiv:1409.0473, §A.1.2.
func Additive(w []float32) Kind {
	return func(queries, keys, values Matrix, o Options) (Result, error) {
		return attend(queries, keys, values, &o, variant{scale: unscaled, additive: true, w: w})
	}
}

// variant is what the kinds differ in.
type variant struct {
	scale         func(headDim int) float32 // of the scores, unless an option says otherwise
	additive      bool                      // and not the dot product
	w             []float32                 // of the additive kind, [headDim] or [heads*headDim]
	scoreWeighted bool
}

func unscaled(int) float32 { return 1 }

// check returns an error unless the weights are those of the heads.
func (v *variant) check(s sizes) error {
	if n := len(v.w); v.additive && s.headDim > 0 && n != s.headDim && n != s.heads*s.headDim {
		return bad("w", "%d weights for %d heads of %d numbers", n, s.heads, s.headDim)
	}
	return nil
}

// additiveScores writes wᵀ·tanh(q + k) for some keys [n, len(q)] to dst [n].
func additiveScores(dst, w, q, keys, sums []float32) {
	copy(sums, keys)
	for at := 0; at < len(keys); at += len(q) {
		kernel.Add(sums[at:at+len(q)], q)
	}
	kernel.SoftCap(sums, 1) // 1·tanh(x/1)
	kernel.MatMul(dst, sums, w, len(dst), len(w), 1)
}

package attention

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
)

// TestBadInput: each error is an OptionError that says which argument or option,
// and what its limit is.
func TestBadInput(t *testing.T) {
	x := func(rows, cols int) Matrix { return newMatrix(rows, cols) }
	nan := float32(math.NaN())
	for _, c := range []struct {
		q, k, v      Matrix
		o            Options
		option, want string
	}{
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: -1}, "NumHeads", "-1 is below 1"},
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 4, NumKVHeads: 3}, "NumKVHeads", "3 does not divide NumHeads, 4"},
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 2, NumKVHeads: -2}, "NumKVHeads", "-2 does not divide NumHeads, 2"},
		{x(2, 10), x(3, 10), x(3, 10), Options{NumHeads: 3}, "queries", "rows of 10 numbers are not those of 3 heads"},
		{x(2, 4), x(3, 5), x(3, 4), Options{NumHeads: 2}, "keys", "rows of 5 numbers are not those of 2 heads"},
		{x(2, 4), x(3, 6), x(3, 4), Options{NumHeads: 2}, "keys", "heads of 3 numbers, those of the queries have 2"},
		{x(2, 4), x(3, 4), x(2, 4), Options{}, "values", "2 rows for 3 keys"},
		{x(2, 4), x(3, 4), x(3, 5), Options{NumHeads: 2}, "values", "rows of 5 numbers are not those of 2 heads"},
		{Matrix{Rows: 2, Cols: 4, Data: make([]float32, 7)}, x(3, 4), x(3, 4), Options{}, "queries", "7 numbers for 2 rows of 4"},
		{Matrix{Rows: -2, Cols: 4}, x(3, 4), x(3, 4), Options{}, "queries", "-2 rows of 4 numbers"},
		{Rows([]float32{1, 2}, []float32{1}), x(3, 4), x(3, 4), Options{}, "queries", "its rows have different lengths"},
		{x(2, 4), x(3, 4), x(3, 4), Options{KeyMask: make([]bool, 2)}, "KeyMask", "2 values for 3 keys"},
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 2, AttentionMask: make([]bool, 7)}, "AttentionMask", "7 values, neither [2 queries, 3 keys] nor [2 heads, queries, keys]"},
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 2, AdditiveMask: []float32{}}, "AdditiveMask", "0 values, neither [2 queries, 3 keys] nor [2 heads, queries, keys]"},
		{x(2, 4), x(3, 4), x(3, 4), Options{First: -1}, "First", "-1 is not from 0 to 2147483647"},
		{x(2, 4), x(3, 4), x(3, 4), Options{Window: -1}, "Window", "-1 is not from 0 to 2147483647"},
		{x(2, 4), x(3, 4), x(3, 4), Options{SoftCap: nan}, "SoftCap", "NaN is not a finite number from 0"},
		{x(2, 4), x(3, 4), x(3, 4), Options{Scale: nan}, "Scale", "NaN is not a finite number"},
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 2, Sinks: make([]float32, 3)}, "Sinks", "3 values for 2 heads"},
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 2, RoPE: NewRoPE(RoPEConfig{Dims: 4, Base: 10})}, "RoPE", "turns 4 numbers of heads of 2"},
		{x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 2, Bias: NewALiBi(3)}, "Bias", "3 slopes for 2 heads"},
		{x(2, 4), x(3, 4), x(3, 4), Options{Bias: &T5Bias{Buckets: 3, MaxDistance: 9, Bidirectional: true, Table: make([]float32, 3)}}, "Bias", "3 buckets"},
		{x(2, 4), x(3, 4), x(3, 4), Options{Bias: &T5Bias{Buckets: 8, MaxDistance: 4, Table: make([]float32, 8)}}, "Bias", "a distance of at most 4, where 4 have buckets of their own"},
		{x(2, 4), x(3, 4), x(3, 4), Options{Bias: &T5Bias{Buckets: 8, MaxDistance: 9, Table: make([]float32, 7)}}, "Bias", "a table of 7 numbers for 8 buckets and 1 heads"},
		{x(1<<15, 1), x(1<<15, 1), x(1<<15, 1), Options{ReturnAttentionScores: true}, "ReturnAttentionScores", "1 heads, 32768 queries and 32768 keys are more than 536870912 weights"},
	} {
		for name, kind := range map[string]Kind{"dot": DotProduct, "scaled": ScaledDotProduct, "weighted": ScoreWeighted, "additive": Additive(make([]float32, max(0, c.q.Cols)))} {
			_, err := kind(c.q, c.k, c.v, c.o)
			refused(t, err, c.option, c.want, name)
		}
	}
	_, err := Additive(make([]float32, 3))(x(2, 4), x(3, 4), x(3, 4), Options{NumHeads: 2})
	refused(t, err, "w", "3 weights for 2 heads of 2 numbers", "")
	_, err = And(make([]bool, 3), make([]bool, 4))
	refused(t, err, "AttentionMask", "3 and 4 values", "")
}

// TestBadInputOfMultiHead is the same for what a layer has beside a kind.
func TestBadInputOfMultiHead(t *testing.T) {
	x := newMatrix(2, 4)
	linear := func(rows, cols int) Linear { return Linear{Weight: newMatrix(rows, cols)} }
	for _, c := range []struct {
		layer        MultiHead
		o            Options
		option, want string
	}{
		{MultiHead{NumHeads: 2}, Options{NumHeads: 3}, "NumHeads", "3, of the layer 2"},
		{MultiHead{NumHeads: 2, NumKVHeads: 1}, Options{NumKVHeads: 2}, "NumKVHeads", "2, of the layer 1"},
		{MultiHead{NumHeads: 2, Wq: linear(4, 3)}, Options{}, "query", "rows of 4 numbers for the 3 columns of Wq"},
		{MultiHead{NumHeads: 2, Wk: linear(4, 3)}, Options{}, "key", "rows of 4 numbers for the 3 columns of Wk"},
		{MultiHead{NumHeads: 2, Wv: linear(4, 3)}, Options{}, "value", "rows of 4 numbers for the 3 columns of Wv"},
		{MultiHead{NumHeads: 2, Wo: linear(4, 3)}, Options{}, "heads", "rows of 4 numbers for the 3 columns of Wo"},
		{MultiHead{NumHeads: 2, Wq: linear(3, 4)}, Options{}, "queries", "rows of 3 numbers are not those of 2 heads"},
		{MultiHead{NumHeads: 2, Wq: Linear{Weight: newMatrix(4, 4), Bias: make([]float32, 3)}}, Options{}, "Wq", "a bias of 3 numbers for 4 rows"},
		{MultiHead{NumHeads: 2, Wq: Linear{Weight: Matrix{Rows: 4, Cols: 4}}}, Options{}, "Wq", "0 numbers for 4 rows of 4"},
	} {
		_, err := c.layer.Forward(x, x, x, c.o)
		refused(t, err, c.option, c.want, fmt.Sprint(c.layer.NumHeads))
	}
	r, err := (&MultiHead{}).Forward(x, x, x, Options{NumHeads: 1, NumKVHeads: 1})
	require.NoError(t, err, "what 0 stands for may be said")
	require.Equal(t, x, r.Output)
	r, err = (&MultiHead{NumHeads: 2}).Forward(x, x, x, Options{NumKVHeads: 2})
	require.NoError(t, err)
	_, err = (&MultiHead{NumHeads: 2}).Forward(x, x, x, Options{NumKVHeads: 1})
	refused(t, err, "NumKVHeads", "1, of the layer 2", "")
	_, err = r.Weights(0, 0)
	refused(t, err, "ReturnAttentionScores", "was not asked for", "")
	r, err = (&MultiHead{NumHeads: 2}).Forward(x, x, x, Options{ReturnAttentionScores: true})
	require.NoError(t, err)
	_, err = r.Weights(-1, 0)
	refused(t, err, "head", "-1 is not from 0 to 1", "")
	_, err = r.Weights(1, 2)
	refused(t, err, "query", "2 is not from 0 to 1", "")
}

func refused(t *testing.T, err error, option, want, name string) {
	t.Helper()
	var e *errs.OptionError
	require.ErrorAs(t, err, &e, name)
	require.Equal(t, option, e.Option, "%s: %v", name, err)
	require.Equal(t, want, e.What, name)
}

// TestHiddenStaysHidden: NaN in padding, behind a causal query and outside a window
// doesn't reach the output.
func TestHiddenStaysHidden(t *testing.T) {
	const n, at = 40, 33
	nan := float32(math.NaN())
	x := newMatrix(n, 4)
	for i := range x.Data {
		x.Data[i] = float32(i % 5)
	}
	for i := range 4 {
		x.Row(at)[i] = nan
	}
	mask := make([]bool, n)
	for i := range mask {
		mask[i] = i != at
	}
	for _, kind := range []Kind{ScaledDotProduct, ScoreWeighted, Additive([]float32{1, 2})} {
		for _, c := range []struct {
			o    Options
			sees func(query int) bool
		}{
			{Options{KeyMask: mask}, func(i int) bool { return i == at }},
			{Options{UseCausalMask: true}, func(i int) bool { return i >= at }},
			{Options{Window: 3}, func(i int) bool { return at-3 < i && i < at+3 }},
		} {
			c.o.NumHeads = 2
			r, err := kind(x, x, x, c.o)
			require.NoError(t, err)
			for i := range n {
				for _, v := range r.Output.Row(i) {
					require.Equal(t, c.sees(i), v != v, "query %d", i)
				}
			}
		}
	}
}

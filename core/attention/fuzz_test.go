package attention

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
)

// FuzzShapes calls every kind with sizes and options of any form. It never panics;
// what is refused is refused with an OptionError; else rows sum to 1 or are zeros,
// and weights and outputs are those of the formula in float64.
func FuzzShapes(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		f.Add(r.Uint64(), uint8(1<<r.IntN(3)), uint8(1<<r.IntN(3)), uint8(r.IntN(60)), uint8(r.IntN(80)), uint8(1+r.IntN(20)), uint8(1+r.IntN(20)), uint16(r.Uint32()), int8(r.IntN(2)))
	}
	f.Add(uint64(1), uint8(3), uint8(2), uint8(3), uint8(3), uint8(4), uint8(4), uint16(0), int8(0))
	f.Add(uint64(1), uint8(0), uint8(0), uint8(0), uint8(0), uint8(0), uint8(0), uint16(0xffff), int8(-1))
	f.Fuzz(func(t *testing.T, seed uint64, heads, kvHeads, queries, keys, headDim, valueDim uint8, options uint16, wrong int8) {
		heads, kvHeads, headDim, valueDim = heads%9, kvHeads%9, headDim%40, valueDim%40
		fuzz(t, rand.New(rand.NewPCG(seed, 0)), int(heads), int(kvHeads), int(queries)%70, int(keys)%100, int(headDim), int(valueDim), options, int(wrong))
	})
}

func fuzz(t *testing.T, r *rand.Rand, heads, kvHeads, queries, keys, headDim, valueDim int, options uint16, wrong int) {
	o := Options{NumHeads: heads, NumKVHeads: kvHeads, ReturnAttentionScores: true}
	heads = max(1, heads)
	if kvHeads == 0 {
		kvHeads = heads
	}
	has := func(bit int) bool { return options>>bit&1 == 1 }
	bools := func(n int) []bool {
		b := make([]bool, n)
		for i := range b {
			b[i] = r.IntN(4) > 0
		}
		return b
	}
	if has(2) {
		o.KeyMask = bools(max(0, keys+wrong*r.IntN(2)))
	}
	o.UseCausalMask = has(3)
	if has(4) {
		o.Window = r.IntN(keys+3) + min(0, wrong)
	}
	if has(5) {
		o.First = r.IntN(keys + 3)
	}
	if has(6) {
		o.AttentionMask = bools(queries * keys)
	} else if has(7) {
		o.AttentionMask = bools(heads * queries * keys)
	}
	if has(8) {
		o.AdditiveMask = random(r, queries*keys)
	} else if has(9) {
		o.AdditiveMask = random(r, heads*queries*keys)
		for i := range o.AdditiveMask {
			if r.IntN(4) == 0 {
				o.AdditiveMask[i] = float32(math.Inf(-1))
			}
		}
	}
	if has(10) {
		o.RoPE = NewRoPE(RoPEConfig{Dims: r.IntN(headDim+2) &^ 1, Base: 100, NeoX: has(11)})
	}
	if has(12) {
		o.Bias = NewALiBi(heads)
	} else if has(13) {
		buckets := 4 + 2*r.IntN(8)
		o.Bias = &T5Bias{Buckets: buckets, MaxDistance: 1 + r.IntN(60), Bidirectional: has(11), Table: random(r, buckets*heads)}
	}
	if has(14) {
		o.Sinks = random(r, heads)
	}
	if has(15) {
		o.SoftCap = 2
	}
	q, k, v := matrix(r, queries, heads*headDim), matrix(r, keys, kvHeads*headDim), matrix(r, keys+max(0, wrong-2), kvHeads*valueDim)
	name := []string{"dot", "scaled", "weighted", "additive"}[options&3]
	w := random(r, q.Cols)
	kind := []Kind{DotProduct, ScaledDotProduct, ScoreWeighted, Additive(w)}[options&3]
	got, err := kind(q, k, v, o)
	if err != nil {
		option := &errs.OptionError{}
		require.True(t, errors.As(err, &option), "%v", err)
		return
	}
	for head := range heads {
		for i := range queries {
			row, err := got.Weights(head, i)
			require.NoError(t, err)
			sum := 0.0
			for _, x := range row {
				sum += float64(x)
			}
			if name != "weighted" && sum != 0 && (o.Sinks == nil || sum > 1) {
				require.InDelta(t, 1, sum, 1e-5)
			}
		}
	}
	out, weights := formula(name, w, q, k, v, &o)
	close(t, out.Data, got.Output.Data)
	close(t, weights, got.AttentionScores)
}

// close compares many numbers, relative to the largest.
func close(t *testing.T, want, got []float32) {
	t.Helper()
	require.Len(t, got, len(want))
	most, worst := 1.0, 0.0
	for i := range want {
		most, worst = max(most, math.Abs(float64(want[i]))), max(worst, math.Abs(float64(want[i]-got[i])))
	}
	require.LessOrEqual(t, worst, 2e-5*most)
}

func matrix(r *rand.Rand, rows, cols int) Matrix {
	return Matrix{Rows: rows, Cols: cols, Data: random(r, rows*cols)}
}

// positions is a bias that depends on more than the distance.
type positions struct{}

func (positions) Check(int) error { return nil }

func (positions) Add(scores []float32, head, query, from int) {
	for i := range scores {
		scores[i] += float32(head*query*(from+i)) / 50
	}
}

// TestOwnBias: a bias of the caller's own gets the positions as they are.
func TestOwnBias(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	q, k, v := matrix(r, 7, 6), matrix(r, 20, 6), matrix(r, 20, 6)
	o := Options{NumHeads: 3, Bias: positions{}, First: 4, Window: 8, ReturnAttentionScores: true}
	got, err := ScaledDotProduct(q, k, v, o)
	require.NoError(t, err)
	out, weights := formula("scaled", nil, q, k, v, &o)
	close(t, out.Data, got.Output.Data)
	close(t, weights, got.AttentionScores)
}

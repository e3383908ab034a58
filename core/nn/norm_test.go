package nn

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/shard"
)

type normModel struct {
	Norm    LayerNorm `gguf:"norm" dim:"hidden"`
	Heads   LayerNorm `gguf:"heads,optional" dim:"heads,head"`
	Absent  LayerNorm `gguf:"absent,optional" dim:"hidden"`
	RAbsent RMSNorm   `gguf:"absent,optional" dim:"hidden"`
	QK      Linear    `gguf:"q+k,alt:qk" dim:"q+k,hidden"`
}

var normDims = Dims{Sizes: map[string]int{"hidden": 32, "heads": 3, "head": 2, "q": 6, "k": 4}}

func normTensors() map[string][]int64 {
	return map[string][]int64{
		"norm.weight": {32}, "norm.bias": {32}, "heads.weight": {2, 3}, "qk.weight": {32, 10}, "qk.bias": {10},
	}
}

// TestLayerNorm: weight and bias are found, absent norms are told, and where each
// row has weights of its own a worker has those of its rows.
func TestLayerNorm(t *testing.T) {
	m := &normModel{}
	b, err := Bind(m, file(t, normTensors(), nil), normDims, 1e-5)
	require.NoError(t, err)
	require.NoError(t, b.Load(context.Background(), nil))
	assert.False(t, m.Absent.Present())
	assert.False(t, m.RAbsent.Present())
	assert.True(t, m.Norm.Present() && m.Heads.Present())

	x := make([]float32, 2*32)
	for i := range x {
		x[i] = float32(i % 32)
	}
	m.Norm.Forward(x, x)
	for i := range x {
		j := float64(i%32) + 1
		want := (j-16.5)/math.Sqrt((32*32-1)/12.0+1e-5)*j/8 + j/8
		require.InDelta(t, want, x[i], 1e-4)
	}
	heads := []float32{0, 2, 0, 2, 0, 2, 5, 9, 5, 9, 5, 9} // two tokens; ±1 after the norm
	m.Heads.Forward(heads, heads)
	assert.InDeltaSlice(t, []float32{-.125, .25, -.375, .5, -.625, .75, -.125, .25, -.375, .5, -.625, .75}, heads, 1e-5)

	dims := normDims
	dims.Group, dims.Parts = shard.Plan(1, 2, false), map[string]shard.Range{"heads": {From: 1, To: 3}, "q": {From: 2, To: 6}, "k": {From: 2, To: 4}}
	m = &normModel{}
	b, err = Bind(m, file(t, normTensors(), nil), dims, 1e-5)
	require.NoError(t, err)
	require.NoError(t, b.Load(context.Background(), nil))
	own := []float32{0, 2, 0, 2}
	m.Heads.Forward(own, own)
	assert.InDeltaSlice(t, []float32{-.375, .5, -.625, .75}, own, 1e-5)
}

// TestFusedTensor: one tensor for several dimensions gives the rows of each, whole
// and in parts, biases too; and it must have the rows of all.
func TestFusedTensor(t *testing.T) {
	x := make([]float32, 32)
	x[0] = 1 // the product is the first column: row*4 + 1/8, and the bias (row+1)/8
	value := func(row int) float32 { return float32(row)*4 + 0.125 + float32(row+1)/8 }
	forward := func(dims Dims) []float32 {
		m := &normModel{}
		b, err := Bind(m, file(t, normTensors(), nil), dims, 1e-5)
		require.NoError(t, err)
		require.NoError(t, b.Load(context.Background(), nil))
		var ctx Context
		ctx.Input(x, 1)
		got := make([]float32, m.QK.Rows())
		m.QK.Forward(&ctx, got)
		return got
	}
	var want []float32
	for row := range 10 {
		want = append(want, value(row))
	}
	assert.InDeltaSlice(t, want, forward(normDims), 1e-3)
	dims := normDims
	dims.Group, dims.Parts = shard.Plan(1, 2, false), map[string]shard.Range{"heads": {}, "q": {From: 2, To: 6}, "k": {From: 2, To: 4}}
	want = nil
	for _, row := range []int{2, 3, 4, 5, 8, 9} {
		want = append(want, value(row))
	}
	assert.InDeltaSlice(t, want, forward(dims), 1e-3)

	tensors := normTensors()
	tensors["qk.weight"] = []int64{32, 9}
	_, err := Bind(&normModel{}, file(t, tensors, nil), normDims, 1e-5)
	require.ErrorContains(t, err, `"q.weight" is missing`)
	tensors = normTensors()
	tensors["qk.bias"] = []int64{9}
	_, err = Bind(&normModel{}, file(t, tensors, nil), normDims, 1e-5)
	require.ErrorContains(t, err, `"qk.bias"`)
}

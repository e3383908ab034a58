package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/quant"
)

// TestModelsWork: each type of each small shape opens, and gives logits that are
// numbers and not all the same.
func TestModelsWork(t *testing.T) {
	for _, name := range []string{"tiny", "tiny-qwen3"} {
		for typ, m := range mixes {
			t.Run(name+" "+typ, func(t *testing.T) {
				var b bytes.Buffer
				require.NoError(t, write(&b, shapes[name], m))
				model, err := core.Open(context.Background(), bytes.NewReader(b.Bytes()), int64(b.Len()), core.Options{})
				require.NoError(t, err)
				ids, err := model.Tokenize("abc", true)
				require.NoError(t, err)
				assert.Equal(t, []int32{'a', 'b', 'c'}, ids, "a byte is a token")
				logits, err := model.Logits(context.Background(), ids)
				require.NoError(t, err)
				low, high := math.Inf(1), math.Inf(-1)
				for _, x := range logits {
					require.Less(t, math.Abs(float64(x)), 1e3)
					low, high = min(low, float64(x)), max(high, float64(x))
				}
				assert.Greater(t, high-low, 0.5)
			})
		}
	}
}

// TestScales: the weights of every type are of a trained model's size.
func TestScales(t *testing.T) {
	for id := range scales {
		typ, ok := quant.Lookup(id)
		require.True(t, ok)
		var b bytes.Buffer
		require.NoError(t, blocks(&b, newRandom(), typ, 64*256))
		x := make([]float32, 64*256)
		typ.Dequantize(x, b.Bytes())
		sum, squares := 0.0, 0.0
		for _, v := range x {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		mean, rms := sum/float64(len(x)), math.Sqrt(squares/float64(len(x)))
		assert.InDelta(t, 0.03, rms, 0.02, typ.Name)
		assert.Less(t, math.Abs(mean), rms/4, typ.Name)
	}
}

// TestMix: the types of a Q4_K_M of 28 layers, as llama-quantize prints them.
func TestMix(t *testing.T) {
	more := []int{}
	for i := range 28 {
		if mixes["q4_k_m"].sensitive(i, 28).ID == quant.Q6_K.ID {
			more = append(more, i)
		}
	}
	assert.Equal(t, []int{0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27}, more)
	for _, c := range []struct {
		typ  quant.Type
		cols int
		want quant.Type
	}{
		{quant.Q4_K, 1024, quant.Q4_K}, {quant.Q4_K, 576, quant.Q5_0}, {quant.Q6_K, 576, quant.Q8_0}, {quant.Q4_0, 576, quant.Q4_0},
	} {
		assert.Equal(t, c.want.Name, storable(c.typ, c.cols).Name, fmt.Sprint(c.typ.Name, c.cols))
	}
}

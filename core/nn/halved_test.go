package nn

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

type testHalved struct {
	Out Halved `gguf:"out,whole" dim:"hidden,values"`
}

// counting is a group that counts the values that come from others.
type counting struct {
	shard.Group
	costly bool
	values int
}

func (c *counting) Costly() bool { return c.costly }

func (c *counting) AllGather(x []float32, s shard.Split) {
	c.values += s.Total() - s.Of(c.Rank()).Len()
	c.Group.AllGather(x, s)
}

// outcome is what one of several workers has of a product.
type outcome struct {
	parts, whole []float32 // [tokens, hidden], by ForwardParts and by Forward
	exchanged    int       // values that came, of the former
	bytes        int64
	half         int // columns that one of two workers has, or those of the first sum
}

// multiplyHalved multiplies x [tokens, values] with a file's tensor on each of some workers.
func multiplyHalved(t *testing.T, f *gguf.File, hidden, values, unit, workers int, costly bool, x []float32) []outcome {
	t.Helper()
	tokens, split := len(x)/values, shard.Divide(values, unit, workers)
	out := make([]outcome, workers)
	var wait sync.WaitGroup
	for r, local := range shard.Local(workers) {
		wait.Go(func() {
			g := &counting{Group: local, costly: costly}
			m := &testHalved{}
			b, err := Bind(m, f, Dims{
				Sizes: map[string]int{"hidden": hidden, "values": values}, Group: g,
				Parts: map[string]shard.Range{"values": split.Of(r)}, Halves: map[string]int{"values": shard.Divide(values, unit, 2)[1]},
			}, 1e-5)
			if !assert.NoError(t, err) {
				return
			}
			o := &out[r]
			o.bytes = b.Bytes()
			if !assert.NoError(t, b.Load(context.Background(), nil)) {
				return
			}
			if o.half = m.Out.half.Len(); o.half == 0 && len(m.Out.linear.parts) > 0 {
				o.half = m.Out.linear.parts[0].Half()
			}
			c := &Context{Group: g}
			own := c.Part(BufferMixed, tokens, split)
			for token := range tokens {
				copy(own[token*split.Of(r).Len():], x[token*values+split[r]:token*values+split[r+1]])
			}
			o.parts, o.whole = make([]float32, tokens*hidden), make([]float32, tokens*hidden)
			m.Out.ForwardParts(c, BufferMixed, tokens, split, o.parts)
			o.exchanged = g.values
			c.Input(x, tokens)
			m.Out.Forward(c, o.whole)
		})
	}
	wait.Wait()
	return out
}

// TestHalved: the product is that of the whole matrix, with the same bits on any number
// of workers; two workers have half of the weights each and exchange only sums.
func TestHalved(t *testing.T) {
	const hidden = 48
	for _, c := range []struct {
		typ          quant.Type
		values, unit int
		halves       [2]int // columns of each, or none
	}{
		{quant.Q8_0, 64, 32, [2]int{32, 32}},
		{quant.Q8_0, 160, 32, [2]int{96, 64}},
		{quant.Q4_0, 128, 64, [2]int{64, 64}},
		{quant.Q4_0, 96, 16, [2]int{}}, // 48 are no whole blocks
		{quant.Q4_0, 96, 96, [2]int{}}, // one worker of two has all
		{quant.F32, 64, 32, [2]int{}},  // not packed
	} {
		for _, tokens := range []int{1, 2, 5} {
			t.Run(fmt.Sprintf("%s %d, %d tokens", c.typ.Name, c.values, tokens), func(t *testing.T) {
				f := file(t, map[string][]int64{"out.weight": {int64(c.values), hidden}, "out.bias": {hidden}}, map[string]quant.Type{"out.weight": c.typ})
				r := rand.New(rand.NewPCG(7, uint64(c.values)))
				x := make([]float32, tokens*c.values)
				for i := range x {
					x[i] = float32(r.NormFloat64())
				}
				alone := multiplyHalved(t, f, hidden, c.values, c.unit, 1, false, x)[0]
				for token := range tokens {
					for row := range hidden {
						want, size := float64(row+1)/8, 1.0
						for k, v := range x[token*c.values : (token+1)*c.values] {
							w := float64(row*c.values+k+1) / 8 * float64(v)
							want, size = want+w, size+math.Abs(w)
						}
						bound := 1e-6 * size
						switch c.typ.Name { // of a weight's rounding, relative to the largest of a block
						case "Q8_0":
							bound = size / 200
						case "Q4_0":
							bound = size / 8
						}
						require.InDelta(t, want, alone.parts[token*hidden+row], bound, "token %d, row %d", token, row)
					}
				}
				for workers := 1; workers <= 4; workers++ {
					for _, costly := range []bool{false, true} {
						bytes := int64(0)
						for rank, o := range multiplyHalved(t, f, hidden, c.values, c.unit, workers, costly, x) {
							where := fmt.Sprintf("worker %d of %d, costly: %v", rank, workers, costly)
							assert.Equal(t, alone.parts, o.parts, where)
							assert.Equal(t, alone.parts, o.whole, where)
							bytes += o.bytes
							if workers == 2 {
								assert.Equal(t, c.halves[rank], o.half, where)
							} else if o.bytes > 0 {
								assert.Equal(t, c.halves[0], o.half, where)
							}
							if workers == 2 && o.half > 0 {
								assert.Equal(t, tokens*hidden, o.exchanged, where)
							}
						}
						if workers == 2 && c.halves[0] > 0 {
							assert.Equal(t, alone.bytes+4*hidden, bytes, "all weights, and the bias twice")
						}
					}
				}
			})
		}
	}
}

package nn

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

type testExperts struct {
	AB   Experts `gguf:"a+b,alt:ab" dim:"n,part+part,hidden"`
	Down Experts `gguf:"down" dim:"n,hidden,hidden"`
}

// TestExperts: each expert has its rows of each tensor, with their biases, whether
// they are one tensor or two, and whichever part of them a worker has.
func TestExperts(t *testing.T) {
	const n, part, hidden = 3, 20, 32
	apart := map[string][]int64{
		"a.weight": {hidden, part, n}, "b.weight": {hidden, part, n}, "b.bias": {part, n}, "down.weight": {hidden, hidden, n},
	}
	joined := map[string][]int64{"ab.weight": {hidden, 2 * part, n}, "down.weight": {hidden, hidden, n}}
	value := func(row int) (sum float64) { // the row of a tensor times ones
		for i := range hidden {
			sum += float64(row*hidden+i+1) / 8
		}
		return sum
	}
	for _, whole := range []bool{false, true} {
		for _, typ := range []quant.Type{quant.F32, quant.Q8_0} {
			for workers := 1; workers <= 3; workers++ {
				split := shard.Divide(part, 4, workers)
				for rank := range workers {
					tensors, types := apart, map[string]quant.Type{"a.weight": typ, "b.weight": typ, "down.weight": typ}
					if whole {
						tensors, types = joined, map[string]quant.Type{"ab.weight": typ}
					}
					own := split.Of(rank)
					m := &testExperts{}
					b, err := Bind(m, file(t, tensors, types), Dims{
						Sizes: map[string]int{"n": n, "part": part, "hidden": hidden},
						Parts: map[string]shard.Range{"part": own}, Group: shard.Plan(rank, workers, false),
					}, 1e-5)
					require.NoError(t, err)
					require.NoError(t, b.Load(context.Background(), nil))
					require.Equal(t, 2*own.Len(), m.AB.Rows())
					var ctx Context
					ones := make([]float32, hidden)
					for i := range ones {
						ones[i] = 1
					}
					ctx.Input(ones, 1)
					for e := range n {
						got := make([]float32, m.AB.Rows())
						m.AB.Forward(&ctx, e, got)
						for i, x := range got {
							row, b := own.From+i, 0.0
							if i >= own.Len() {
								row = own.From + i - own.Len()
								b = float64(e*part+row+1) / 8
							}
							want := value(e*part+row) + b
							if whole {
								row += i / own.Len() * part
								want = value(e*2*part + row)
							}
							assert.InEpsilon(t, want, x, 0.01, "expert %d, row %d of %d workers", e, i, workers)
						}
						mine := m.Down.Split().Of(rank)
						got = make([]float32, mine.Len())
						m.Down.Forward(&ctx, e, got)
						for i, x := range got {
							assert.InEpsilon(t, value(e*hidden+mine.From+i), x, 0.01)
						}
					}
				}
			}
		}
	}
	for name, shape := range map[string][]int64{"down.weight": {hidden, hidden * n}, "a.weight": {hidden, n, part}, "b.bias": {part * n}} {
		tensors := map[string][]int64{}
		for k, v := range apart {
			tensors[k] = v
		}
		tensors[name] = shape
		_, err := Bind(&testExperts{}, file(t, tensors, nil), Dims{
			Sizes: map[string]int{"n": n, "part": part, "hidden": hidden}, Parts: map[string]shard.Range{"part": {To: part}},
		}, 1e-5)
		require.ErrorContains(t, err, `"`+name+`" has the shape`)
	}
}

package attention

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/kvcache"
)

// TestWindowSoftCapSinks compares windows, capped scores and sinks with the formula
// in float64, over several chunks, some of which the cache gives up; batches have
// the bits of their tokens, and the observed weights are those of the formula.
func TestWindowSoftCapSinks(t *testing.T) {
	sinks := []float32{-1, 0.5, 4}
	for _, c := range []struct {
		window  int
		softCap float32
		sinks   []float32
	}{
		{0, 3, nil}, {0, 0, sinks}, {1, 0, nil}, {1, 3, sinks}, {23, 0, nil}, {23, 3, sinks},
		{kvcache.ChunkLen, 0, sinks}, {kvcache.ChunkLen + 40, 3, nil},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) { testWindow(t, c.window, c.softCap, c.sinks) })
	}
}

func testWindow(t *testing.T, window int, softCap float32, sinks []float32) {
	const heads, headDim, n, batch = 3, 8, 3*kvcache.ChunkLen + 40, 90
	r := rand.New(rand.NewPCG(1, 2))
	shape := kvcache.Shape{KVHeads: 1, HeadDim: headDim, Window: window}
	cache := kvcache.New(kvcache.F32, []kvcache.Shape{shape}, n)
	a := NewCausal(heads, 1, headDim)
	a.Window, a.SoftCap, a.Sinks = window, softCap, sinks
	width, layer, w := heads*headDim, cache.Layer(0), &Workspace{}
	var ks, vs [][]float32
	out, single := make([]float32, batch*width), make([]float32, width)
	for first := 0; first < n; first += batch {
		tokens := min(batch, n-first)
		for p := first; p < first+tokens; p++ {
			ks, vs = append(ks, random(r, headDim)), append(vs, random(r, headDim))
			layer.Put(p, ks[p], vs[p])
		}
		q, weights := random(r, tokens*width), map[[2]int][]float32{}
		a.Forward(w, out, q, width, layer, first, tokens, func(head, position int, x []float32) {
			weights[[2]int{head, position}] = append([]float32(nil), x...)
		})
		for i := range tokens {
			p := first + i
			a.Forward(w, single, q[i*width:], width, layer, p, 1, nil)
			require.Equal(t, out[i*width:(i+1)*width], single, "position %d alone", p)
			for h := range heads {
				wantWeights, want := a.formula(q[i*width+h*headDim:][:headDim], ks, vs, p, h)
				near(t, wantWeights, weights[[2]int{h, p}], "weights of position %d, head %d", p, h)
				near(t, want, single[h*headDim:(h+1)*headDim], "position %d, head %d", p, h)
			}
		}
		cache.Advance(tokens)
	}
	if window > 0 {
		require.Equal(t, cache.MaxBytes(), cache.Bytes())
	}
}

// TestAhead compares the attention of an encoder, over several chunks and with windows
// to either side, with the formula in float64.
func TestAhead(t *testing.T) {
	const headDim, n = 8, kvcache.ChunkLen + 60
	r := rand.New(rand.NewPCG(3, 4))
	for _, side := range []int{n, 1, 4, 100, 0} {
		cache := kvcache.New(kvcache.F32, []kvcache.Shape{{KVHeads: 1, HeadDim: headDim}}, n)
		a := NewCausal(1, 1, headDim)
		a.Window, a.Ahead = side+1, side
		var ks, vs [][]float32
		for p := range n {
			ks, vs = append(ks, random(r, headDim)), append(vs, random(r, headDim))
			cache.Layer(0).Put(p, ks[p], vs[p])
		}
		q, out := random(r, n*headDim), make([]float32, n*headDim)
		weights := map[int][]float32{}
		a.Forward(&Workspace{}, out, q, headDim, cache.Layer(0), 0, n, func(_, position int, x []float32) {
			weights[position] = append([]float32(nil), x...)
		})
		for p := range n {
			from, to := max(0, p-side), min(n, p+side+1)
			full := Causal{}
			wantWeights, want := full.formula(q[p*headDim:][:headDim], ks[from:to], vs[from:to], to-from-1, 0)
			near(t, want, out[p*headDim:(p+1)*headDim], "%d to either side of %d", side, p)
			near(t, wantWeights, weights[p][from:to], "weights, %d to either side of %d", side, p)
			for i, x := range weights[p] {
				require.True(t, i >= from && i < to || x == 0, "%d sees %d", p, i)
			}
			if side > 0 {
				require.Len(t, weights[p], n)
			}
		}
	}
}

// near is require.InDeltaSlice for many values.
func near(t *testing.T, want []float64, got []float32, format string, args ...any) {
	t.Helper()
	require.Len(t, got, len(want))
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(want[i]-float64(got[i])))
	}
	require.LessOrEqual(t, worst, 1e-5, "%s", fmt.Sprintf(format, args...))
}

// formula is the attention of one query at position p in float64, step by step.
func (a *Causal) formula(q []float32, ks, vs [][]float32, p, head int) (weights, out []float64) {
	weights, out = make([]float64, p+1), make([]float64, len(q))
	sum := 0.0
	if a.Sinks != nil {
		sum = math.Exp(float64(a.Sinks[head]))
	}
	for i := range weights {
		if a.Window > 0 && i <= p-a.Window {
			continue
		}
		s := 0.0
		for d := range q {
			s += float64(q[d]) * float64(ks[i][d])
		}
		s /= math.Sqrt(float64(len(q)))
		if a.SoftCap > 0 {
			s = float64(a.SoftCap) * math.Tanh(s/float64(a.SoftCap))
		}
		weights[i] = math.Exp(s)
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
		for d := range out {
			out[d] += weights[i] * float64(vs[i][d])
		}
	}
	return weights, out
}

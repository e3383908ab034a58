package attention

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// numbers are float32 in base64.
type numbers []float32

// UnmarshalText decodes them.
func (n *numbers) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.DecodeString(string(text))
	*n = make(numbers, len(b)/4)
	for i := range *n {
		(*n)[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return err
}

// bools are what is not 0.
func (n numbers) bools() []bool {
	b := make([]bool, len(n))
	for i, x := range n {
		b[i] = x != 0
	}
	return b
}

func (n numbers) matrix(cols int) Matrix { return Matrix{Rows: len(n) / cols, Cols: cols, Data: n} }

// golden is testdata/golden.json, which testdata/golden.py made with PyTorch.
type golden struct {
	Inputs  map[string]numbers
	Slopes  map[int]numbers
	Buckets []struct {
		Bidirectional        bool
		Buckets, MaxDistance int
		Of                   []int
	}
	MultiHead []map[string]json.RawMessage
	Table     map[string]numbers
}

func readGolden(t *testing.T) *golden {
	b, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	g := &golden{}
	require.NoError(t, json.Unmarshal(b, g))
	return g
}

// Sizes of the table in golden.py.
const tableHeads, tableHeadDim, tableValueDim, tableKeys = 4, 4, 2, 5

// block returns the first rows and cols of a matrix.
func block[T any](x []T, width, rows, cols int) []T {
	var out []T
	for r := range rows {
		out = append(out, x[r*width:][:cols]...)
	}
	return out
}

// TestTable compares every kind with every mask, bias and number of heads, within
// a text and across two, with PyTorch; and so it does the formula in float64 that
// the fuzz test compares with.
func TestTable(t *testing.T) {
	g := readGolden(t)
	in := g.Inputs
	rope := func(neox bool) *RoPE { return NewRoPE(RoPEConfig{Dims: tableHeadDim, Base: 10, NeoX: neox}) }
	t5 := func(both bool) *T5Bias {
		return &T5Bias{Buckets: 6, MaxDistance: 4, Bidirectional: both, Table: in["table"]}
	}
	kinds := []struct {
		name string
		kind Kind
	}{{"dot", DotProduct}, {"scaled", ScaledDotProduct}, {"weighted", ScoreWeighted}, {"additive", Additive(in["w"])}}
	biases := []struct {
		name string
		set  func(o *Options)
	}{
		{"none", func(*Options) {}},
		{"alibi", func(o *Options) { o.Bias = NewALiBi(tableHeads) }},
		{"t5", func(o *Options) { o.Bias = t5(false) }},
		{"t5-both", func(o *Options) { o.Bias = t5(true) }},
		{"rope", func(o *Options) { o.RoPE = rope(false) }},
		{"neox", func(o *Options) { o.RoPE = rope(true) }},
		{"softcap", func(o *Options) { o.SoftCap = 1.5 }},
		{"sinks", func(o *Options) { o.Sinks = in["sinks"] }},
	}
	masks := map[string]func(o *Options, n, m int){
		"none":           func(*Options, int, int) {},
		"padding":        func(o *Options, _, m int) { o.KeyMask = in["word"].bools()[:m] },
		"causal":         func(o *Options, _, _ int) { o.UseCausalMask = true },
		"window":         func(o *Options, _, _ int) { o.Window = 2 },
		"causal+window":  func(o *Options, _, _ int) { o.UseCausalMask, o.Window = true, 2 },
		"causal+padding": func(o *Options, _, m int) { o.UseCausalMask, o.KeyMask = true, in["word"].bools()[:m] },
		"boolean":        func(o *Options, n, m int) { o.AttentionMask = block(in["seen"].bools(), tableKeys, n, m) },
		"additive":       func(o *Options, n, m int) { o.AdditiveMask = block(in["additive"], tableKeys, n, m) },
		"heads": func(o *Options, n, m int) {
			for h := range tableHeads {
				o.AttentionMask = append(o.AttentionMask, block(in["heads"].bools()[h*5*tableKeys:], tableKeys, n, m)...)
			}
		},
	}
	cases := 0
	for way, size := range map[string][3]int{"self": {3, 3, 0}, "cross": {2, 5, 1}} {
		n, m := size[0], size[1]
		for group, kvHeads := range map[string]int{"mha": 4, "gqa": 2, "mqa": 1} {
			const width, widthV = tableHeads * tableHeadDim, tableHeads * tableValueDim
			q := numbers(block(in["q"], width, n, width)).matrix(width)
			k := numbers(block(in["k"], width, m, kvHeads*tableHeadDim)).matrix(kvHeads * tableHeadDim)
			v := numbers(block(in["v"], widthV, m, kvHeads*tableValueDim)).matrix(kvHeads * tableValueDim)
			for mask, set := range masks {
				want := g.Table[way+"/"+group+"/"+mask]
				for _, b := range biases {
					for _, kind := range kinds {
						name := fmt.Sprint(way, group, mask, b.name, kind.name)
						o := Options{NumHeads: tableHeads, NumKVHeads: kvHeads, First: size[2], ReturnAttentionScores: true}
						set(&o, n, m)
						b.set(&o)
						r, err := kind.kind(q, k, v, o)
						require.NoError(t, err, name)
						out, weights := formula(kind.name, in["w"], q, k, v, &o)
						for what, got := range map[string]Result{name: r, name + ", the formula": {Output: out, AttentionScores: weights}} {
							all := probed(got, n, m)
							require.GreaterOrEqual(t, len(want), len(all), name)
							require.InDeltaSlice(t, want[:len(all)], all, 3e-6, what)
						}
						want = want[n*widthV+tableHeads:]
						cases++
					}
				}
				require.Empty(t, want, "%s/%s/%s", way, group, mask)
			}
		}
	}
	require.Equal(t, 2*3*9*8*4, cases)
}

// probed returns the output, and for each head what golden.py makes of its weights.
func probed(r Result, n, m int) []float32 {
	all := append([]float32(nil), r.Output.Data...)
	for h := range tableHeads {
		sum := 0.0
		for i := range n {
			for j := range m {
				sum += math.Cos(float64(1+i+3*j)) * float64(r.AttentionScores[(h*n+i)*m+j])
			}
		}
		all = append(all, float32(sum))
	}
	return all
}

// TestMultiHeadAgainstTorch compares with torch.nn.MultiheadAttention.
func TestMultiHeadAgainstTorch(t *testing.T) {
	const embed = 8
	for _, c := range readGolden(t).MultiHead {
		var name string
		require.NoError(t, json.Unmarshal(c["name"], &name))
		get := func(key string) numbers {
			if c[key] == nil {
				return nil
			}
			var n numbers
			require.NoError(t, json.Unmarshal(c[key], &n))
			return n
		}
		linear := func(x string) Linear {
			l := Linear{Weight: get("w" + x).matrix(len(get("w"+x)) / embed)}
			if b := get("b" + x); b != nil {
				l.Bias = b
			}
			return l
		}
		layer := MultiHead{NumHeads: 2, Wq: linear("q"), Wk: linear("k"), Wv: linear("v"), Wo: linear("o")}
		o := Options{ReturnAttentionScores: true}
		hidden := get("attn_mask")
		switch name {
		case "cross, additive", "cross, additive by head":
			o.AdditiveMask = hidden
		default:
			o.AttentionMask = not(hidden.bools())
		}
		if p := get("key_padding_mask"); p != nil {
			o.KeyMask = not(p.bools())
		}
		if hidden == nil {
			o.AttentionMask = nil
		}
		q, k, v := get("q").matrix(embed), get("k").matrix(layer.Wk.Weight.Cols), get("v").matrix(layer.Wv.Weight.Cols)
		r, err := layer.Forward(q, k, v, o)
		require.NoError(t, err, name)
		require.InDeltaSlice(t, get("output"), r.Output.Data, 1e-5, name)
		require.InDeltaSlice(t, get("weights"), r.AttentionScores, 1e-5, name)
		if name == "self, causal" { // the option is the mask
			mask := o.AttentionMask
			require.Equal(t, mask, CausalMask(q.Rows, k.Rows, 0))
			o.AttentionMask, o.UseCausalMask = nil, true
			same, err := layer.Forward(q, k, v, o)
			require.NoError(t, err)
			require.InDeltaSlice(t, r.Output.Data, same.Output.Data, 1e-6)
		}
	}
}

func not(b []bool) []bool {
	n := make([]bool, len(b))
	for i, x := range b {
		n[i] = !x
	}
	return n
}

// TestBiasesAgainstTorch compares slopes and buckets with the published code.
func TestBiasesAgainstTorch(t *testing.T) {
	g := readGolden(t)
	for heads, slopes := range g.Slopes {
		assert.InDeltaSlice(t, slopes, NewALiBi(heads).Slopes, 1e-9, "%d heads", heads)
	}
	require.Len(t, g.Buckets, 6)
	for _, c := range g.Buckets {
		b := &T5Bias{Buckets: c.Buckets, MaxDistance: c.MaxDistance, Bidirectional: c.Bidirectional, Table: make([]float32, c.Buckets)}
		require.NoError(t, b.Check(1))
		for i, want := range c.Of {
			require.Equal(t, want, b.Bucket(i-len(c.Of)/2), "%d buckets, relative %d", c.Buckets, i-len(c.Of)/2)
		}
	}
}

package attention_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kvcache"
)

// show prints a mask, a row a query.
func show(mask []bool, keys int) {
	for i, see := range mask {
		fmt.Print(map[bool]string{true: "x", false: "."}[see])
		if (i+1)%keys == 0 {
			fmt.Println()
		}
	}
}

func ExampleRows() {
	m := attention.Rows([]float32{1, 2}, []float32{3, 4}, []float32{5, 6})
	fmt.Println(m.Rows, m.Cols, m.Row(1))
	// Output: 3 2 [3 4]
}

func ExampleLinear() {
	l := attention.Linear{Weight: attention.Rows([]float32{1, 1}, []float32{1, -1}), Bias: []float32{0, 10}}
	y, err := l.Forward(attention.Rows([]float32{5, 3}))
	fmt.Println(y.Data, err)
	// Output: [8 12] <nil>
}

func ExampleScale() {
	fmt.Println(attention.Scale(64))
	// Output: 0.125
}

// A text that is asked for what matches a query; what matches best counts most.
func ExampleDotProduct() {
	keys := attention.Rows([]float32{1, 0}, []float32{0, 1})
	values := attention.Rows([]float32{10}, []float32{20})
	r, err := attention.DotProduct(attention.Rows([]float32{0, 2}), keys, values, attention.Options{ReturnAttentionScores: true})
	fmt.Printf("%.3f %.3f %v\n", r.AttentionScores, r.Output.Data, err)
	// Output: [0.119 0.881] [18.808] <nil>
}

// Two heads of two numbers: the first finds the first key, the second the second.
func ExampleScaledDotProduct() {
	q := attention.Rows([]float32{8, 0, 0, 8})
	k := attention.Rows([]float32{1, 0, 1, 0}, []float32{0, 1, 0, 1})
	v := attention.Rows([]float32{1, 2}, []float32{3, 4}) // a number for each head
	r, err := attention.ScaledDotProduct(q, k, v, attention.Options{NumHeads: 2})
	fmt.Printf("%.2f %v\n", r.Output.Data, err)
	// Output: [1.01 3.99] <nil>
}

// A negative score takes away.
func ExampleScoreWeighted() {
	k := attention.Rows([]float32{2}, []float32{-1})
	r, err := attention.ScoreWeighted(attention.Rows([]float32{1}), k, k, attention.Options{ReturnAttentionScores: true})
	fmt.Printf("%.3f %v\n", r.AttentionScores, err)
	// Output: [1.905 -0.047] <nil>
}

// Bahdanau's attention of a decoder's state on the states of an encoder, with the
// paper's projections W_a and U_a and the vector v_a.
func ExampleAdditive() {
	bahdanau := attention.MultiHead{
		NumHeads: 1,
		Wq:       attention.Linear{Weight: attention.Rows([]float32{1, 0, 0}, []float32{0, 1, 0})}, // W_a
		Wk:       attention.Linear{Weight: attention.Rows([]float32{-1, 0}, []float32{0, -1})},     // U_a
		Kind:     attention.Additive([]float32{-3, -3}),                                            // v_a
	}
	states := attention.Rows([]float32{0, 0}, []float32{1, 1})
	r, err := bahdanau.Forward(attention.Rows([]float32{1, 1, 5}), states, states, attention.Options{ReturnAttentionScores: true})
	fmt.Printf("%.3f %v\n", r.AttentionScores, err)
	// Output: [0.010 0.990] <nil>
}

// Self-attention: words look back at words of their own text.
func ExampleMultiHead() {
	x := attention.Rows([]float32{1, 0, 0, 0}, []float32{0, 1, 0, 0}, []float32{0, 0, 1, 0})
	layer := attention.MultiHead{
		NumHeads: 2,
		Wo:       attention.Linear{Weight: attention.Rows([]float32{1, 0, 0, 0}, []float32{0, 0, 1, 0})}, // Wq, Wk and Wv: as they are
	}
	r, err := layer.Forward(x, x, x, attention.Options{UseCausalMask: true, ReturnAttentionScores: true})
	if err != nil {
		panic(err)
	}
	for head := range 2 {
		for query := range 3 {
			w, err := r.Weights(head, query)
			fmt.Printf("head %d, query %d: %.2f %v\n", head, query, w, err)
		}
	}
	fmt.Printf("%.2f\n", r.Output.Data)
	// Output:
	// head 0, query 0: [1.00 0.00 0.00] <nil>
	// head 0, query 1: [0.33 0.67 0.00] <nil>
	// head 0, query 2: [0.33 0.33 0.33] <nil>
	// head 1, query 0: [1.00 0.00 0.00] <nil>
	// head 1, query 1: [0.50 0.50 0.00] <nil>
	// head 1, query 2: [0.25 0.25 0.50] <nil>
	// [1.00 0.00 0.33 0.00 0.33 0.50]
}

// Cross-attention with grouped queries: two query heads share a key and value head.
// With NumKVHeads 1 it would be multi-query attention.
func ExampleMultiHead_groupedQueries() {
	decoder := attention.Rows([]float32{6, -6, 0, 6})
	encoder := attention.Rows([]float32{1, 0}, []float32{0, 1}, []float32{-1, 0}) // a number for each of two heads
	layer := attention.MultiHead{NumHeads: 4, NumKVHeads: 2}
	r, err := layer.Forward(decoder, encoder, encoder, attention.Options{})
	fmt.Printf("%.2f %v\n", r.Output.Data, err)
	// Output: [1.00 -1.00 0.33 1.00] <nil>
}

// Padding gets no weight; a query that may see nothing gets zeros, not NaN.
func ExampleOptions() {
	x := attention.Rows([]float32{1, 0}, []float32{0, 1}, []float32{float32(math.NaN()), 9}) // the last is padding
	r, err := attention.ScaledDotProduct(x, x, x, attention.Options{
		KeyMask: []bool{true, true, false},
		AttentionMask: []bool{
			true, true, true,
			false, false, true,
			false, true, true,
		},
	})
	fmt.Printf("%.2f %.2f %v\n", r.Output.Row(0), r.Output.Row(1), err)
	_, err = attention.ScaledDotProduct(x, x, x, attention.Options{NumHeads: 4, NumKVHeads: 3})
	option := &errs.OptionError{}
	fmt.Println(errors.As(err, &option), err)
	// Output:
	// [0.67 0.33] [0.00 0.00] <nil>
	// true attention: option NumKVHeads: 3 does not divide NumHeads, 4
}

func ExampleResult_Weights() {
	x := attention.Rows([]float32{1, 2}, []float32{2, 1})
	r, err := attention.ScaledDotProduct(x, x, x, attention.Options{NumHeads: 2, ReturnAttentionScores: true})
	if err != nil {
		panic(err)
	}
	w, err := r.Weights(1, 0)
	fmt.Printf("%.3f %v\n", w, err)
	_, err = r.Weights(2, 0)
	fmt.Println(err)
	// Output:
	// [0.881 0.119] <nil>
	// attention: option head: 2 is not from 0 to 1
}

// Three words behind two that are there already.
func ExampleCausalMask() {
	show(attention.CausalMask(3, 5, 2), 5)
	// Output:
	// xxx..
	// xxxx.
	// xxxxx
}

func ExampleWindowMask() {
	show(attention.WindowMask(4, 4, 0, 2), 4)
	// Output:
	// xx..
	// xxx.
	// .xxx
	// ..xx
}

func ExamplePaddingMask() {
	show(attention.PaddingMask(2, []bool{true, true, false}), 3)
	// Output:
	// xx.
	// xx.
}

// A sliding window of three words, and two texts in one row of four: words see
// their own text only.
func ExampleAnd() {
	texts := []bool{
		true, true, false, false,
		true, true, false, false,
		false, false, true, true,
		false, false, true, true,
	}
	mask, err := attention.And(attention.CausalMask(4, 4, 0), attention.WindowMask(4, 4, 0, 3), texts)
	show(mask, 4)
	fmt.Println(err)
	// Output:
	// x...
	// xx..
	// ..x.
	// ..xx
	// <nil>
}

func ExampleALiBi() {
	bias := attention.NewALiBi(8)
	fmt.Println(bias.Slopes[:3], bias.Check(4))
	scores := []float32{0, 0, 0, 0}
	bias.Add(scores, 0, 3, 0) // of the first head, for the query at position 3
	fmt.Println(scores)
	// Output:
	// [0.5 0.25 0.125] attention: option Bias: 8 slopes for 4 heads
	// [-1.5 -1 -0.5 0]
}

func ExampleNewALiBi() {
	fmt.Println(attention.NewALiBi(3).Slopes)
	// Output: [0.0625 0.00390625 0.25]
}

func ExampleT5Bias() {
	bias := attention.T5Bias{Buckets: 4, MaxDistance: 8, Table: []float32{0, -1, -2, -3}} // one head
	scores := []float32{0, 0, 0, 0, 0, 0, 0}
	bias.Add(scores, 0, 6, 0)
	fmt.Println(scores, bias.Check(1))
	// Output: [-3 -3 -3 -2 -2 -1 0] <nil>
}

func ExampleT5Bias_Bucket() {
	encoder := attention.T5Bias{Buckets: 32, MaxDistance: 128, Bidirectional: true}
	fmt.Println(encoder.Bucket(-3), encoder.Bucket(3), encoder.Bucket(-40), encoder.Bucket(-1000))
	// Output: 3 19 12 15
}

// Turned by their positions, a query and a key have a product that depends on how
// far apart they are, and not on where they are.
func ExampleRoPE() {
	rope := attention.NewRoPE(attention.RoPEConfig{Dims: 2, Base: 10000})
	for _, first := range []int{0, 100} {
		q, k := []float32{1, 0}, []float32{1, 0}
		rope.At(first, 2)
		rope.Rotate(k, 2, 0)
		rope.Rotate(q, 2, 1)
		fmt.Printf("%.4f ", q[0]*k[0]+q[1]*k[1])
	}
	fmt.Println(rope.Dims())
	// Output: 0.5403 0.5403 2
}

func ExampleNewRoPE() {
	x := attention.Rows([]float32{1, 0}, []float32{1, 0}, []float32{1, 0})
	o := attention.Options{RoPE: attention.NewRoPE(attention.RoPEConfig{Dims: 2, Base: 10000}), ReturnAttentionScores: true}
	r, err := attention.ScaledDotProduct(x, x, x, o)
	fmt.Printf("%.3f %v\n", r.AttentionScores[:3], err) // the same word is the less like itself the farther it is
	// Output: [0.478 0.346 0.176] <nil>
}

// Memory doesn't grow with the batch once it is larger than the tiles that it is cut into.
func ExampleWorkspaceBytes() {
	fmt.Println(attention.WorkspaceBytes(128, 3, 64) == attention.WorkspaceBytes(64, 3, 64))
	// Output: true
}

// A Workspace starts empty and grows with its first use.
func ExampleWorkspace() {
	cache := kvcache.New(kvcache.F32, kvcache.Uniform(1, kvcache.Shape{KVHeads: 1, HeadDim: 2}), 16)
	cache.Layer(0).Put(0, []float32{1, 0}, []float32{3, 4})
	w, a, out := &attention.Workspace{}, attention.NewCausal(1, 1, 2), make([]float32, 2)
	fmt.Println(w.Bytes())
	a.Forward(w, out, []float32{1, 1}, 2, cache.Layer(0), 0, 1, nil)
	fmt.Println(0 < w.Bytes() && w.Bytes() <= attention.WorkspaceBytes(1, 1, 2), out)
	// Output:
	// 0
	// true [3 4]
}

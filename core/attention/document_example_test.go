package attention_test

import (
	"fmt"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kernel"
)

// The vectors of these examples are made up, with few numbers that mean something,
// so that the steps can be followed with a pencil. docs/attention.md shows what
// they print.

// 我 喜欢 吃 ("I like to eat"): keys say what a word is, values what is to be
// expected after it.
func sentence() (query, keys, values attention.Matrix) {
	query = attention.Rows([]float32{0, 1, 3, 0}) // of 吃: it looks at verbs, most of all at itself
	keys = attention.Rows(
		[]float32{2, 0, 0, 0}, // 我: a person
		[]float32{0, 2, 0, 0}, // 喜欢: a feeling
		[]float32{0, 0, 2, 0}, // 吃: eating
	)
	values = attention.Rows( // somebody, a verb, food, something to read
		[]float32{0, 1, 0, 0},   // after 我 comes a verb
		[]float32{0, 1, 1, 1},   // after 喜欢 what one likes
		[]float32{-1, -1, 4, 0}, // after 吃 food
	)
	return query, keys, values
}

// The four steps of the document's section 3.2, one by one, and then the first
// three in one call.
func Example_fourSteps() {
	query, keys, values := sentence()

	scores := make([]float32, keys.Rows) // 1. each key times the query, over the root of the length
	kernel.MatMul(scores, keys.Data, query.Data, keys.Rows, keys.Cols, 1)
	kernel.Scale(scores, attention.Scale(keys.Cols))
	fmt.Printf("scores   %6.3f\n", scores)

	weights := append([]float32(nil), scores...) // 2. positive, and 1 together
	kernel.Softmax(weights)
	fmt.Printf("weights  %6.3f\n", weights)

	context := make([]float32, values.Cols) // 3. the values, mixed
	for i, w := range weights {
		kernel.Axpy(context, w, values.Row(i))
	}
	fmt.Printf("context  %6.3f\n", context)

	words := []string{"我", "喜欢", "吃", "苹果", "书"} // 4. which word fits the context best
	output := attention.Linear{Weight: attention.Rows(
		[]float32{1, 0, 0, 0}, []float32{0, 1, 0, 0}, []float32{0, 1, 0, 0}, []float32{0, 0, 1, 0}, []float32{0, 0, 0, 1},
	)}
	next, err := output.Forward(attention.Rows(context))
	if err != nil {
		panic(err)
	}
	kernel.Softmax(next.Data)
	fmt.Print("next    ")
	for i, word := range words {
		fmt.Printf("  %s %.3f", word, next.Data[i])
	}

	same, err := attention.ScaledDotProduct(query, keys, values, attention.Options{ReturnAttentionScores: true})
	fmt.Printf("\nat once  %6.3f %6.3f %v\n", same.AttentionScores, same.Output.Data, err)
	// Output:
	// scores   [ 0.000  1.000  3.000]
	// weights  [ 0.042  0.114  0.844]
	// context  [-0.844 -0.688  3.489  0.114]
	// next      我 0.012  喜欢 0.014  吃 0.014  苹果 0.928  书 0.032
	// at once  [ 0.042  0.114  0.844] [-0.844 -0.688  3.489  0.114] <nil>
}

// The kinds of attention with the same query, keys and values. The weights of the
// document's second formula don't sum to 1.
func Example_kinds() {
	query, keys, values := sentence()
	for _, c := range []struct {
		name string
		kind attention.Kind
	}{
		{"dot product       ", attention.DotProduct},
		{"scaled dot product", attention.ScaledDotProduct},
		{"score-weighted    ", attention.ScoreWeighted},
		{"additive          ", attention.Additive([]float32{1, 1, 1, 1})},
	} {
		r, err := c.kind(query, keys, values, attention.Options{ReturnAttentionScores: true})
		if err != nil {
			panic(err)
		}
		w := r.AttentionScores
		fmt.Printf("%s weights %.3f, sum %.3f\n", c.name, w, w[0]+w[1]+w[2])
	}
	// Output:
	// dot product        weights [0.002 0.018 0.980], sum 1.000
	// scaled dot product weights [0.042 0.114 0.844], sum 1.000
	// score-weighted     weights [0.000 0.114 2.531], sum 2.646
	// additive           weights [0.536 0.258 0.205], sum 1.000
}

// Section 4.3: the input 我 喜欢 吃 苹果, the output 我喜欢 吃苹果, and a matrix of attention. The
// words of the output ask, so they are the rows, and each row sums to 1; the
// document's A is this matrix, mirrored.
func Example_matrix() {
	input, output := []string{"我", "喜欢", "吃", "苹果"}, []string{"我喜欢", "吃苹果"}
	x := attention.Rows([]float32{3, 0, 0, 0}, []float32{0, 3, 0, 0}, []float32{0, 0, 3, 0}, []float32{0, 0, 0, 3})
	y := attention.Rows([]float32{1, 1, 0, 0}, []float32{0, 0, 1, 1})
	r, err := attention.ScaledDotProduct(y, x, x, attention.Options{ReturnAttentionScores: true})
	if err != nil {
		panic(err)
	}
	for j, word := range output {
		row, err := r.Weights(0, j)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s looks at", word)
		for i, w := range row {
			fmt.Printf("  %s %.3f", input[i], w)
		}
		fmt.Println()
	}
	// Output:
	// 我喜欢 looks at  我 0.409  喜欢 0.409  吃 0.091  苹果 0.091
	// 吃苹果 looks at  我 0.091  喜欢 0.091  吃 0.409  苹果 0.409
}

// The listing of section 5.2 reshapes to [batch, words, heads, depth] and doesn't
// exchange words and heads, so that its product of q and k compares the heads of
// each word with each other. Here is what it computes, and what it should: 我 is
// exchanged for another word, and 苹果 looks back at both.
func Example_listing() {
	const heads, depth = 2, 2
	listing := func(x attention.Matrix) (out attention.Matrix) {
		for i := range x.Rows { // the last two axes of a word: heads and depth
			word := attention.Matrix{Rows: heads, Cols: depth, Data: x.Row(i)}
			r, err := attention.ScaledDotProduct(word, word, word, attention.Options{})
			if err != nil {
				panic(err)
			}
			out = attention.Matrix{Rows: i + 1, Cols: heads * depth, Data: append(out.Data, r.Output.Data...)}
		}
		return out
	}
	multiHead := func(x attention.Matrix) attention.Matrix {
		r, err := (&attention.MultiHead{NumHeads: heads}).Forward(x, x, x, attention.Options{})
		if err != nil {
			panic(err)
		}
		return r.Output
	}
	for _, first := range [][]float32{{1, 0, 0, 1}, {-3, 2, 4, 1}} {
		x := attention.Rows(first, []float32{0, 1, 0, 1}, []float32{0, 1, 1, 0}, []float32{1, 0, 1, 1})
		fmt.Printf("first word %2.0f: 苹果 gets %.3f, with the listing %.3f\n", first, multiHead(x).Row(3), listing(x).Row(3))
	}
	// Output:
	// first word [ 1  0  0  1]: 苹果 gets [0.670 0.330 0.602 0.801], with the listing [1.000 0.500 1.000 0.670]
	// first word [-3  2  4  1]: 苹果 gets [0.402 0.540 3.375 0.952], with the listing [1.000 0.500 1.000 0.670]
}

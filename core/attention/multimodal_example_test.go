package attention_test

import (
	"fmt"

	"github.com/gander-lm/gander/core/attention"
)

// picture is 4×4 pixels from 0, black, to 1: bright at the top right. Cut into patches
// of 2×2 it is four rows [4]: Dosovitskiy et al., arXiv:2010.11929, §3.1.
func picture() attention.Matrix {
	pixels := [4][4]float32{
		{0, 0, 0.9, 0.8},
		{0, 0.1, 1, 0.9},
		{0, 0, 0.2, 0},
		{0.1, 0, 0, 0},
	}
	var patches [][]float32
	for y := 0; y < 4; y += 2 {
		for x := 0; x < 4; x += 2 {
			patches = append(patches, []float32{pixels[y][x], pixels[y][x+1], pixels[y+1][x], pixels[y+1][x+1]})
		}
	}
	return attention.Rows(patches...)
}

// Words of three numbers look at patches of four. As in Flamingo (arXiv:2204.14198, §2.2)
// queries come from the text, keys and values from the picture.
func Example_pictureAcross() {
	layer := attention.MultiHead{
		NumHeads: 1,
		Wq:       attention.Linear{Weight: attention.Rows([]float32{4, -4, 0})},   // how bright a word is
		Wk:       attention.Linear{Weight: attention.Rows([]float32{1, 1, 1, 1})}, // how bright a patch is
		Wv:       attention.Linear{Weight: attention.Rows([]float32{.25, .25, .25, .25})},
	}
	words := attention.Rows([]float32{1, 0, 0}, []float32{0, 1, 0}, []float32{0, 0, 1})
	r, err := layer.Forward(words, picture(), picture(), attention.Options{ReturnAttentionScores: true})
	if err != nil {
		panic(err)
	}
	for i, word := range []string{"光", "暗", "是"} {
		w, err := r.Weights(0, i)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s  %.3f %.3f | %.3f %.3f  brightness %.3f\n", word, w[0], w[1], w[2], w[3], r.Output.Row(i)[0])
	}
	// Output:
	// 光  0.000 1.000 | 0.000 0.000  brightness 0.900
	// 暗  0.374 0.000 | 0.374 0.251  brightness 0.031
	// 是  0.250 0.250 | 0.250 0.250  brightness 0.250
}

// The patches stand before the words, in one text, made as wide as words by a matrix: Liu et al.
// (LLaVA), arXiv:2304.08485, §4.1. Patches see each other, words also what is before
// them, as in PaliGemma, arXiv:2407.07726, §3.2.
func Example_pictureWithin() {
	projector := attention.Linear{Weight: attention.Rows( // [3, 4]: bright, dark, neither
		[]float32{1, 1, 1, 1},
		[]float32{-1, -1, -1, -1},
		[]float32{0, 0, 0, 0},
	), Bias: []float32{0, 2, 0}}
	patches, err := projector.Forward(picture())
	if err != nil {
		panic(err)
	}
	text := attention.Matrix{Rows: 6, Cols: 3, Data: append(patches.Data, 0, 0, 1, 3, 0, 0)}
	mask := attention.CausalMask(6, 6, 0)
	for patch := range 4 {
		for other := range 4 {
			mask[6*patch+other] = true
		}
	}
	show(mask, 6)
	r, err := attention.ScaledDotProduct(text, text, text, attention.Options{AttentionMask: mask, ReturnAttentionScores: true})
	if err != nil {
		panic(err)
	}
	w, err := r.Weights(0, 5)
	fmt.Printf("光 looks at  %.3f %.3f | %.3f %.3f  是 %.3f  光 %.3f %v\n", w[0], w[1], w[2], w[3], w[4], w[5], err)
	// Output:
	// xxxx..
	// xxxx..
	// xxxx..
	// xxxx..
	// xxxxx.
	// xxxxxx
	// 光 looks at  0.002 0.734 | 0.002 0.002  是 0.001  光 0.259 <nil>
}

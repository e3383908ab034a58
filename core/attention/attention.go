// Package attention is the heart of a decoder: each new token looks at the
// tokens before it, and takes from them what matches its query.
//
//	scores  = q·kᵀ / √headDim      how well each key matches
//	weights = softmax(scores)      positive, sum 1
//	output  = weights·v            the values, mixed
//
// Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, eq. 1.
package attention

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/kvcache"
)

// Causal is multi-head attention over a cache, where a position sees itself and
// what came before. Several query heads may share a key and value head (grouped
// queries: Ainslie et al., arXiv:2305.13245).
type Causal struct {
	Heads, KVHeads, HeadDim int     // Heads is a multiple of KVHeads
	Scale                   float32 // of the scores; Scale(HeadDim) unless the architecture says otherwise
}

// Scale returns 1/√headDim, the usual scale of the scores.
func Scale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }

// Observer is told the attention weights of one query head at one position:
// weights [position+1], valid during the call.
type Observer func(head, position int, weights []float32)

// Forward writes the heads' outputs for the query of one position, whose key and
// value the cache holds already.
//
//	dst, q [heads, headDim] f32; scores: scratch for at least position+1 values
//
// observe may be nil.
func (a *Causal) Forward(dst, q []float32, layer *kvcache.Layer, position int, scores []float32, observe Observer) {
	group := a.Heads / a.KVHeads
	scores = scores[:position+1]
	for h := range a.Heads {
		at := h * a.HeadDim
		layer.Scores(scores, q[at:at+a.HeadDim], h/group, a.Scale)
		kernel.Softmax(scores)
		if observe != nil {
			observe(h, position, scores)
		}
		layer.Mix(dst[at:at+a.HeadDim], scores, h/group)
	}
}

// Package attention is the heart of a decoder: each new token looks at the
// tokens before it, and takes from them what matches its query.
//
//	scores  = q·kᵀ / √headDim      how well each key matches
//	weights = softmax(scores)      positive, sum 1
//	output  = weights·v            the values, mixed
//
// Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, eq. 1.
//
// Causal is what models run on, over their cache. The others are a library for any
// queries, keys and values: the kinds DotProduct, ScaledDotProduct, ScoreWeighted
// and Additive, MultiHead around one of them, and in Options the masks, biases and
// what else happens to scores. docs/attention.md walks through it.
package attention

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/profile"
)

// Causal is multi-head attention over a cache, where a position sees itself and
// what came before; with Ahead, that of an encoder, or cross-attention. Several query heads may share a key and value head (grouped
// queries: Ainslie et al., arXiv:2305.13245).
//
// The keys and values are taken a chunk of the cache at a time, and the softmax
// goes along (kernel.Rescale), so that memory beside the cache doesn't grow with
// the text; and a chunk meets the queries of many tokens while it is near. See
// Dao et al., "FlashAttention", arXiv:2205.14135, alg. 1. A token has the same
// bits alone and in a batch.
type Causal struct {
	Heads, KVHeads, HeadDim int     // of queries, of keys and values
	Scale                   float32 // of the scores; Scale(HeadDim) unless the architecture says otherwise

	// Group is how many query heads share a key and value head. The first of Heads
	// is number First of its group: a worker that has some heads of a model need not
	// have whole groups.
	Group, First int

	Window  int       // how many positions a query sees, its own included; 0 is all
	Ahead   int       // how many later positions of the batch a query sees beside these; an encoder's
	SoftCap float32   // bounds the scores: kernel.SoftCap before the softmax; 0 does not
	Sinks   []float32 // [Heads], a further score of each softmax, of no position; nil without
	Bias    Bias      // of the scores of Heads, after SoftCap; nil without
}

// NewCausal returns the attention of whole groups with the usual scale. heads is a
// multiple of kvHeads.
func NewCausal(heads, kvHeads, headDim int) Causal {
	return Causal{Heads: heads, KVHeads: kvHeads, HeadDim: headDim, Scale: Scale(headDim), Group: heads / kvHeads}
}

// queries returns which query heads share KV head h.
func (a *Causal) queries(h int) (from, to int) {
	return max(0, h*a.Group-a.First), min(a.Heads, (h+1)*a.Group-a.First)
}

// Scale returns 1/√headDim, the usual scale of the scores.
func Scale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }

// Observer is told the attention weights of one of the query heads at one position:
// weights [position+1], or [end of the batch] if queries see what is ahead, valid during
// the call. The positions of a head come in order.
type Observer func(head, position int, weights []float32)

// tileTokens is how many tokens meet a chunk together: enough to share its
// loads, few enough that a triangle of masked scores is little work.
const tileTokens = 24

// Workspace is the memory that Forward works in. It grows to what the largest
// batch needs and belongs to one goroutine at a time.
type Workspace struct {
	queries kvcache.Queries
	q, out  []float32 // [rows, headDim], rows = tokens of the tile x heads of the group
	scores  []float32 // [rows, chunk]
	rows    []row
	weights []float32 // [rows, positions], for an observer
	end     int       // position behind the keys
}

// row is the state of one query's softmax.
type row struct{ max, sum float32 }

func (w *Workspace) resize(rows, headDim int) {
	if n := rows * headDim; cap(w.q) < n {
		w.q, w.out = make([]float32, n), make([]float32, n)
	}
	if cap(w.rows) < rows {
		w.rows, w.scores = make([]row, rows), make([]float32, rows*kvcache.ChunkLen)
	}
	w.q, w.out, w.rows = w.q[:rows*headDim], w.out[:rows*headDim], w.rows[:rows]
}

// Bytes returns the size of the memory held, in bytes.
func (w *Workspace) Bytes() int64 {
	return w.queries.Bytes() + int64(4*(cap(w.q)+cap(w.out)+cap(w.scores)+cap(w.weights))+8*cap(w.rows))
}

// keep makes room for the weights of the tile's rows at positions below n.
func (w *Workspace) keep(n int) {
	if need := len(w.rows) * n; cap(w.weights) < need {
		w.weights = make([]float32, need+need/4) // the text grows
	}
	w.weights = w.weights[:len(w.rows)*n]
}

// tell hands out the weights that tile kept, of heads head and on at positions
// first and on, and keeps no more.
func (a *Causal) tell(w *Workspace, observe Observer, head, group, first int) {
	n := len(w.weights) / len(w.rows)
	for i, r := range w.rows {
		position := first + i/group
		weights := w.weights[i*n:][:a.reach(w, position)]
		from, to := a.oldest(position), a.newest(w, position)+1
		clear(weights[:from]) // nothing was kept of what the token doesn't see
		clear(weights[to:])
		if r.sum != 0 {
			kernel.Scale(weights[from:to], 1/r.sum)
		}
		observe(head+i%group, position, weights)
	}
	w.weights = w.weights[:0]
}

// WorkspaceBytes returns what a Workspace grows to without an observer, in bytes,
// for batches of tokens and group query heads to a KV head.
func WorkspaceBytes(tokens, group, headDim int) int64 {
	rows := min(tokens, tileTokens) * group
	queries := 4*int64(rows)*int64(headDim+kernel.BlockLen-1) + kernel.ActivationBytes(8, rows, headDim) // padded float32, and quantised
	return int64(rows)*(2*4*int64(headDim)+4*kvcache.ChunkLen+8) + queries
}

// Forward writes the heads' outputs for the queries of n tokens at positions
// first and on, whose keys and values the cache holds already.
//
//	dst [n, heads*headDim] f32
//	q   [n, stride] f32, of which the first heads*headDim of a row are the queries
//
// observe may be nil.
func (a *Causal) Forward(w *Workspace, dst, q []float32, stride int, layer *kvcache.Layer, first, n int, observe Observer) {
	a.ForwardTo(w, dst, q, stride, layer, first, n, first+n, observe)
}

// ForwardTo is Forward where the cache holds keys and values of the positions up to
// end. With Ahead beyond all of them this is cross-attention: then the positions are
// those of another text, all of which each query sees. Vaswani et al., §3.2.3.
func (a *Causal) ForwardTo(w *Workspace, dst, q []float32, stride int, layer *kvcache.Layer, first, n, end int, observe Observer) {
	before := profile.Enter(profile.Attention)
	width := a.Heads * a.HeadDim
	w.end = end
	for h := range a.KVHeads {
		from, to := a.queries(h)
		group, at := to-from, from*a.HeadDim
		part := group * a.HeadDim // of a token, the heads that share keys
		for t := 0; t < n; t += tileTokens {
			tokens := min(tileTokens, n-t)
			w.resize(tokens*group, a.HeadDim)
			for i := range tokens {
				copy(w.q[i*part:(i+1)*part], q[(t+i)*stride+at:])
			}
			kernel.Scale(w.q, a.Scale)
			w.queries.Set(w.q, a.HeadDim)
			if observe != nil {
				w.keep(a.reach(w, first+t+tokens-1))
			}
			a.tile(w, layer, h, from, group, first+t, tokens)
			for i := range tokens {
				copy(dst[(t+i)*width+at:], w.out[i*part:(i+1)*part])
			}
			if observe != nil {
				a.tell(w, observe, from, group, first+t)
			}
		}
	}
	profile.Leave(before)
}

// tile computes w.out, of some tokens from position first on and the group query
// heads of one KV head, of which from is the first; and w.weights, if there are
// any, but for the division by the sums.
func (a *Causal) tile(w *Workspace, layer *kvcache.Layer, head, from, group, first, tokens int) {
	part, last := group*a.HeadDim, first+tokens-1
	newest := a.newest(w, last)
	clear(w.out)
	for i := range w.rows {
		w.rows[i] = a.begin(from + i%group)
	}
	for chunk := a.oldest(first) / kvcache.ChunkLen; chunk*kvcache.ChunkLen <= newest; chunk++ {
		at := chunk * kvcache.ChunkLen
		// All tokens see the positions from all on up to some of the chunk, if there
		// are any; the last token sees most of it.
		all, most := a.visible(w, last, at)
		_, some := a.visible(w, first, at)
		some = max(all, some)
		stride := kvcache.Stride(most)
		scores := w.scores[:len(w.rows)*stride]
		layer.Scores(scores, &w.queries, chunk, head, most)
		for i := range w.rows {
			lo, hi := a.visible(w, first+i/group, at)
			seen := scores[i*stride+lo : i*stride+hi]
			a.bound(seen)
			if a.Bias != nil {
				a.Bias.Add(seen, from+i%group, first+i/group, at+lo)
			}
			r, factor := &w.rows[i], float32(0)
			r.max, r.sum, factor = kernel.Rescale(seen, r.max, r.sum)
			if factor != 1 {
				kernel.Scale(w.out[i*a.HeadDim:(i+1)*a.HeadDim], factor)
			}
			if len(w.weights) > 0 { // what Rescale made of the scores, to be scaled like out
				n := len(w.weights) / len(w.rows)
				kept := w.weights[i*n : (i+1)*n]
				if factor != 1 {
					kernel.Scale(kept[:at], factor)
				}
				copy(kept[at+lo:], seen)
			}
		}
		each := func(i, from, to int) {
			layer.Mix(w.out[i*part:(i+1)*part], scores[i*group*stride:(i+1)*group*stride], stride, chunk, head, from, to)
		}
		for i := range tokens {
			lo, hi := a.visible(w, first+i, at)
			each(i, lo, min(all, hi))
		}
		layer.Mix(w.out, scores, stride, chunk, head, all, some)
		for i := range tokens {
			_, hi := a.visible(w, first+i, at)
			each(i, some, hi)
		}
	}
	for i, r := range w.rows {
		if r.sum != 0 { // nothing but -Inf: zeros
			kernel.Scale(w.out[i*a.HeadDim:(i+1)*a.HeadDim], 1/r.sum)
		}
	}
}

// begin is the softmax of a head before any position: empty, or a sink whose
// exponential, relative to itself, is 1.
// Sinks: Xiao et al., "Efficient Streaming Language Models with Attention Sinks",
// arXiv:2309.17453, §3.3; as a learned score, OpenAI, gpt-oss.
func (a *Causal) begin(head int) row {
	if a.Sinks == nil {
		return row{max: float32(math.Inf(-1))}
	}
	return row{max: a.Sinks[head], sum: 1}
}

// bound caps scores.
func (a *Causal) bound(scores []float32) {
	if a.SoftCap > 0 {
		kernel.SoftCap(scores, a.SoftCap)
	}
}

// oldest returns the first position that a token sees. Windows: Beltagy et al.,
// "Longformer", arXiv:2004.05150, §3.1.
func (a *Causal) oldest(position int) int {
	if a.Window > 0 {
		return max(0, position+1-a.Window)
	}
	return 0
}

// newest returns the last position that a token sees.
func (a *Causal) newest(w *Workspace, position int) int {
	if a.Ahead > 0 {
		return min(position+a.Ahead, w.end-1)
	}
	return position
}

// reach returns how many weights an observer is told of a position.
func (a *Causal) reach(w *Workspace, position int) int {
	if a.Ahead > 0 {
		return w.end
	}
	return position + 1
}

// visible returns which positions of the chunk that begins at position at a token
// sees: those from from up to to.
func (a *Causal) visible(w *Workspace, position, at int) (from, to int) {
	to = min(max(a.newest(w, position)+1-at, 0), kvcache.ChunkLen)
	return min(max(a.oldest(position)-at, 0), to), to
}

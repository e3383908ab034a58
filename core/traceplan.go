package core

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
)

// Limits and defaults of TraceOptions.
const (
	defaultTraceBytes = 256 << 20
	defaultLensTopK   = 5
	maxLensTopK       = 1000
)

// tracePlan is TraceOptions, checked and filled in for a model. The zero value is nothing.
type tracePlan struct {
	layers, heads []int // of attention; empty: none
	source        int   // positions of a source text, which cross-attention looks at
	topK          int
	prompt, norms bool
	reuse         bool
	maxBytes      int64

	lens        []int // layers
	lensTopK    int
	residual    []int // layers
	attribution bool
	ablate      []Ablation
}

// reports tells whether anything is reported.
func (p *tracePlan) reports() bool {
	return len(p.layers) > 0 || len(p.lens) > 0 || len(p.residual) > 0 || p.attribution
}

// active tells whether the plan changes or reports anything.
func (p *tracePlan) active() bool { return p.reports() || len(p.ablate) > 0 }

// plan checks the options.
func (o *TraceOptions) plan(c *arch.Config, capacity int) (p tracePlan, err error) {
	if a := o.Attention; a != nil {
		if p.layers, err = attentionLayers(c, a.Layers); err != nil {
			return p, err
		}
		if p.heads, err = choose("attention", "head", a.Heads, c.NumHeads); err != nil {
			return p, err
		}
		if a.TopK < 0 || a.TopK > capacity {
			return p, &errs.OptionError{Option: "attention", What: fmt.Sprintf("topK is %d, must be from 0 to %d", a.TopK, capacity)}
		}
		if a.MaxBytes < 0 {
			return p, &errs.OptionError{Option: "attention", What: fmt.Sprintf("maxBytes %d is negative", a.MaxBytes)}
		}
		p.topK, p.prompt, p.norms, p.reuse, p.maxBytes = a.TopK, a.Prompt, a.Norms, a.Reuse, a.MaxBytes
		if p.maxBytes == 0 {
			p.maxBytes = defaultTraceBytes
		}
	}
	if l := o.Lens; l != nil {
		if p.lens, err = choose("lens", "layer", l.Layers, c.NumLayers); err != nil {
			return p, err
		}
		if l.TopK < 0 || l.TopK > maxLensTopK {
			return p, &errs.OptionError{Option: "lens", What: fmt.Sprintf("topK is %d, must be from 0 to %d", l.TopK, maxLensTopK)}
		}
		if p.lensTopK = l.TopK; p.lensTopK == 0 {
			p.lensTopK = defaultLensTopK
		}
	}
	if r := o.Residual; r != nil {
		if p.residual, err = choose("residual", "layer", r.Layers, c.NumLayers); err != nil {
			return p, err
		}
	}
	p.attribution = o.Attribution
	p.ablate, err = checkAblations(c, o.Ablate)
	return p, err
}

// choose returns the numbers that an option lists, sorted, or all below n without a list.
func choose(option, what string, list []int, n int) ([]int, error) {
	if list == nil {
		return upTo(n), nil
	}
	if len(list) == 0 {
		return nil, &errs.OptionError{Option: option, What: fmt.Sprintf("lists no %s", what)}
	}
	list = slices.Sorted(slices.Values(list))
	for i, x := range list {
		if x < 0 || x >= n {
			return nil, &errs.OptionError{Option: option, What: fmt.Sprintf("names %s %d, but %ss are numbered 0 to %d", what, x, what, n-1)}
		}
		if i > 0 && list[i-1] == x {
			return nil, &errs.OptionError{Option: option, What: fmt.Sprintf("names %s %d twice", what, x)}
		}
	}
	return list, nil
}

// upTo returns the numbers below n.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// attentionLayers is choose for layers with attention.
func attentionLayers(c *arch.Config, list []int) ([]int, error) {
	chosen, err := choose("attention", "layer", list, c.NumLayers)
	if err != nil {
		return nil, err
	}
	without := func(l int) bool { return !c.HasAttention(l) }
	if list == nil {
		return slices.DeleteFunc(chosen, without), nil
	}
	for _, l := range chosen {
		if without(l) {
			return nil, noAttention("attention", c, l)
		}
	}
	return chosen, nil
}

// noAttention is the error of an option that names a layer without attention.
func noAttention(option string, c *arch.Config, layer int) error {
	var none []int
	for l := range c.NumLayers {
		if !c.HasAttention(l) {
			none = append(none, l)
		}
	}
	return &errs.OptionError{Option: option, What: fmt.Sprintf("names layer %d, but in %s the layers %d have no attention", layer, c.Architecture, none)}
}

// checkAblations returns the ablations by layer and head.
func checkAblations(c *arch.Config, list []Ablation) ([]Ablation, error) {
	list = slices.Clone(list)
	sort.Slice(list, func(i, j int) bool { // one for all types: slices.SortFunc is code for each
		return list[i].Layer < list[j].Layer || list[i].Layer == list[j].Layer && list[i].Head < list[j].Head
	})
	for i, a := range list {
		var what string
		switch {
		case a.Layer < 0 || a.Layer >= c.NumLayers:
			what = fmt.Sprintf("names layer %d, but layers are numbered 0 to %d", a.Layer, c.NumLayers-1)
		case a.Head < 0 || a.Head >= c.NumHeads:
			what = fmt.Sprintf("names head %d, but heads are numbered 0 to %d", a.Head, c.NumHeads-1)
		case !c.HasAttention(a.Layer):
			return nil, noAttention("ablate", c, a.Layer)
		case i > 0 && list[i-1].Layer == a.Layer && list[i-1].Head == a.Head:
			what = fmt.Sprintf("names head %d of layer %d twice", a.Head, a.Layer)
		case math.IsNaN(float64(float32(a.Scale))) || math.IsInf(float64(float32(a.Scale)), 0):
			what = fmt.Sprintf("has the scale %v, which is no float32", a.Scale)
		default:
			continue
		}
		return nil, &errs.OptionError{Option: "ablate", What: what}
	}
	return list, nil
}

// checkBytes refuses what would take too much memory: queries queries at once, then
// one at a time up to a text of length tokens.
func (p *tracePlan) checkBytes(queries, length int) error {
	rows := int64(len(p.layers)) * int64(len(p.heads))
	bytes := func(queries, keys int) int64 {
		n := int64(queries) * int64(keys+p.source) * 4
		if p.topK > 0 {
			n = int64(queries) * int64(p.topK) * 8
			if p.source > 0 {
				n *= 2
			}
		}
		if p.norms {
			n += int64(queries) * 4
		}
		return rows * n
	}
	need := bytes(1, length)
	if p.prompt {
		need = max(need, bytes(queries, queries))
	}
	if need > p.maxBytes {
		return &errs.OptionError{Option: "attention", What: fmt.Sprintf(
			"a token's weights take up to %d bytes, more than maxBytes, %d; list fewer layers or heads, or report the topK of each row", need, p.maxBytes)}
	}
	return nil
}

package arch

import (
	"maps"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// share is what this worker has of a model that several hold together, and how all
// of them divide it. A worker that is alone has everything.
type share struct {
	group     shard.Group
	heads     shard.Range // of the query heads
	kvHeads   shard.Range // those that its query heads need; another worker may have one of them too
	ffn       shard.Range // of the hidden values of a feed-forward network
	headSplit shard.Split // of the heads' values
	ffnSplit  shard.Split

	channelSplit shard.Split // of the residual stream's values, where a layer computes on each alone
}

// divide sets the share of a worker.
func (c *Config) divide(group shard.Group) {
	n, r := group.Size(), group.Rank()
	c.group = group
	heads := shard.Divide(c.NumHeads, 1, n)
	c.heads, c.headSplit = heads.Of(r), heads.Times(nil, c.HeadDim)
	c.ffnSplit = divideValues(c.FFNSize, n)
	c.ffn = c.ffnSplit.Of(r)
	c.channelSplit = divideValues(c.HiddenSize, n)
	per := c.NumHeads / c.NumKVHeads
	c.kvHeads = shard.Range{From: c.heads.From / per, To: (c.heads.To + per - 1) / per}
	if c.heads.Len() == 0 {
		c.kvHeads = shard.Range{}
	}
}

// divideValues divides values that a layer computes and the next one takes as its input:
// in blocks of weights of the next one's rows, so that its columns can be halved there.
func divideValues(n, workers int) shard.Split { return shard.Divide(n, kernel.BlockLen, workers) }

// OwnKVHeads returns how many key and value heads this worker has.
func (c *Config) OwnKVHeads() int { return c.kvHeads.Len() }

// OwnHeads returns how many query heads this worker has.
func (c *Config) OwnHeads() int { return c.heads.Len() }

// HeadsOf returns which query heads a worker of this one's group has.
func (c *Config) HeadsOf(rank int) shard.Range {
	return shard.Range{From: c.headSplit[rank] / c.HeadDim, To: c.headSplit[rank+1] / c.HeadDim}
}

// HasAttention tells whether a layer has attention; some have a convolution or a state.
func (c *Config) HasAttention(layer int) bool {
	return c.Layers[layer].Width == 0 && c.Layers[layer].State == 0
}

// OwnFFNSize returns how many hidden values of a feed-forward network this worker has.
func (c *Config) OwnFFNSize() int { return c.ffn.Len() }

// dims are the names that dim tags use.
func (c *Config) dims() nn.Dims {
	dims := c.ownDims()
	dims.Blocks = make([]*nn.Dims, c.NumLayers)
	for i, l := range c.Layers {
		if l.Sizes != nil {
			own := l.Sizes.ownDims()
			dims.Blocks[i] = &own
		}
	}
	return dims
}

// ownDims are the dims of the layers that have c's own sizes.
func (c *Config) ownDims() nn.Dims {
	values := func(heads shard.Range) shard.Range {
		return shard.Range{From: heads.From * c.HeadDim, To: heads.To * c.HeadDim}
	}
	own := func(s shard.Split) shard.Range {
		if s == nil {
			return shard.Range{}
		}
		return s.Of(c.group.Rank())
	}
	dims := nn.Dims{
		Sizes: map[string]int{
			"hidden": c.HiddenSize, "ffn": c.FFNSize, "vocab": c.VocabSize,
			"head": c.HeadDim, "q": c.NumHeads * c.HeadDim, "kv": c.NumKVHeads * c.HeadDim, "rot/2": c.RoPE.Dims / 2,
			"heads": c.NumHeads, "kvheads": c.NumKVHeads, "context": c.ContextLength,
			"channels": c.HiddenSize, "taps": c.ConvTaps,
			"experts": c.NumExperts, "expert": c.ExpertSize, "shared": c.SharedSize,
			"q and gate": 2 * c.NumHeads * c.HeadDim,
			"delta qkv":  c.DeltaRule.rows(), "delta heads": c.DeltaRule.Heads, "delta head": c.HeadWidth, "delta values": c.DeltaRule.Heads * c.HeadWidth,
			"all q": c.NumHeads * c.HeadDim, "all kv": c.NumKVHeads * c.HeadDim, // on every worker
		},
		Parts: map[string]shard.Range{
			"q": values(c.heads), "kv": values(c.kvHeads), "ffn": c.ffn, "heads": c.heads, "kvheads": c.kvHeads,
			"expert": own(c.expertSplit), "shared": own(c.sharedSplit), "channels": own(c.channelSplit),
			"q and gate":   {From: 2 * c.heads.From * c.HeadDim, To: 2 * c.heads.To * c.HeadDim},
			"delta values": {From: own(c.DeltaRule.split).From * c.HeadWidth, To: own(c.DeltaRule.split).To * c.HeadWidth},
		},
		Halves: map[string]int{
			"q": shard.Divide(c.NumHeads, 1, 2)[1] * c.HeadDim, "ffn": divideValues(c.FFNSize, 2)[1],
			"shared": divideValues(c.SharedSize, 2)[1], "channels": divideValues(c.HiddenSize, 2)[1],
			"delta values": shard.Divide(c.DeltaRule.Heads, 1, 2)[1] * c.HeadWidth,
		},
		Group: c.group,
	}
	maps.Copy(dims.Sizes, c.ArchSizes)
	return dims
}

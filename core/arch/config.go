package arch

import (
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// Limits on what a file may ask for; the largest models are far below them.
const (
	maxLayers = 1 << 10
	maxHeads  = 1 << 10
	maxWidth  = 1 << 18
	maxVocab  = 1 << 22
)

// Config is the sizes and constants of a model, from the keys of its file.
type Config struct {
	Architecture string // general.architecture

	HiddenSize    int // embedding_length: width of the residual stream
	NumLayers     int // block_count
	NumHeads      int // attention.head_count
	NumKVHeads    int // attention.head_count_kv; NumHeads without it
	HeadDim       int // attention.key_length; HiddenSize/NumHeads without it
	FFNSize       int // feed_forward_length
	VocabSize     int // rows of the embedding table
	ContextLength int // context_length: positions that the model was trained for
	NormEps       float32
	RoPE          nn.RoPEConfig // rope.*

	NumExperts int // expert_count; 0 without a mixture of experts

	// TemperatureScale and OriginalContext scale queries beyond the original
	// context (Mistral 3); 0 without.
	TemperatureScale float64

	share
}

// share is what this worker has of a model that several hold together, and how all
// of them divide it. A worker that is alone has everything.
type share struct {
	group     shard.Group
	heads     shard.Range // of the query heads
	kvHeads   shard.Range // those that its query heads need; another worker may have one of them too
	ffn       shard.Range // of the hidden values of a feed-forward network
	headSplit shard.Split // of the heads' values
	ffnSplit  shard.Split
}

// divide sets the share of a worker.
func (c *Config) divide(group shard.Group) {
	n, r := group.Size(), group.Rank()
	c.group = group
	heads := shard.Divide(c.NumHeads, 1, n)
	c.heads, c.headSplit = heads.Of(r), heads.Times(nil, c.HeadDim)
	c.ffnSplit = shard.Divide(c.FFNSize, kernel.RowMultiple, n)
	c.ffn = c.ffnSplit.Of(r)
	per := c.NumHeads / c.NumKVHeads
	c.kvHeads = shard.Range{From: c.heads.From / per, To: (c.heads.To + per - 1) / per}
	if c.heads.Len() == 0 {
		c.kvHeads = shard.Range{}
	}
}

// OwnKVHeads returns how many key and value heads this worker has.
func (c *Config) OwnKVHeads() int { return c.kvHeads.Len() }

// OwnHeads returns how many query heads this worker has.
func (c *Config) OwnHeads() int { return c.heads.Len() }

// OwnFFNSize returns how many hidden values of a feed-forward network this worker has.
func (c *Config) OwnFFNSize() int { return c.ffn.Len() }

// dims are the names that dim tags use.
func (c *Config) dims() nn.Dims {
	values := func(heads shard.Range) shard.Range {
		return shard.Range{From: heads.From * c.HeadDim, To: heads.To * c.HeadDim}
	}
	return nn.Dims{
		Sizes: map[string]int{
			"hidden": c.HiddenSize, "ffn": c.FFNSize, "vocab": c.VocabSize,
			"head": c.HeadDim, "q": c.NumHeads * c.HeadDim, "kv": c.NumKVHeads * c.HeadDim, "rot/2": c.RoPE.Dims / 2,
		},
		Parts: map[string]shard.Range{"q": values(c.heads), "kv": values(c.kvHeads), "ffn": c.ffn},
		Group: c.group,
	}
}

// keys reads an architecture's keys and keeps the first error.
type keys struct {
	f      *gguf.File
	prefix string
	err    error
}

func (k *keys) fail(format string, args ...any) {
	if k.err == nil {
		k.err = &errs.FormatError{Offset: -1, What: fmt.Sprintf(format, args...)}
	}
}

// size returns an integer from 1 to most; def if the key is absent, where 0
// means that it must be there.
func (k *keys) size(name string, def, most int) int {
	key := k.prefix + name
	if _, ok := k.f.Value(key); !ok && def != 0 {
		return def
	}
	n, ok := k.f.Uint(key)
	if !ok {
		k.fail("metadata key %q is missing or no integer", key)
		return 1
	}
	if n == 0 || n > uint64(most) {
		k.fail("metadata key %q is %d; 1 to %d is possible", key, n, most)
		return 1
	}
	return int(n)
}

// number returns a finite number, def if the key is absent.
func (k *keys) number(name string, def float64) float64 {
	key := k.prefix + name
	if _, ok := k.f.Value(key); !ok {
		return def
	}
	x, ok := k.f.Float(key)
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		k.fail("metadata key %q is no finite number", key)
		return def
	}
	return x
}

func readConfig(f *gguf.File) (*Config, error) {
	architecture, ok := f.String("general.architecture")
	if !ok {
		return nil, &errs.FormatError{Offset: -1, What: `metadata key "general.architecture" is missing`}
	}
	c := &Config{Architecture: architecture}
	if registry[architecture] == nil {
		return c, nil // New says which are known
	}
	k := &keys{f: f, prefix: architecture + "."}
	c.HiddenSize = k.size("embedding_length", 0, maxWidth)
	c.NumLayers = k.size("block_count", 0, maxLayers)
	c.NumHeads = k.size("attention.head_count", 0, maxHeads)
	c.NumKVHeads = k.size("attention.head_count_kv", c.NumHeads, maxHeads)
	c.HeadDim = k.size("attention.key_length", max(1, c.HiddenSize/c.NumHeads), maxWidth)
	c.FFNSize = k.size("feed_forward_length", 0, maxWidth)
	c.ContextLength = k.size("context_length", 0, math.MaxInt32)
	c.NormEps = float32(k.number("attention.layer_norm_rms_epsilon", 1e-5))
	if v := k.size("attention.value_length", c.HeadDim, maxWidth); v != c.HeadDim {
		k.fail("keys of %d values and values of %d", c.HeadDim, v)
	}
	if c.NumHeads%c.NumKVHeads != 0 {
		k.fail("%d heads can't share %d key and value heads", c.NumHeads, c.NumKVHeads)
	}
	if t, ok := f.Tensor("token_embd.weight"); !ok || len(t.Shape) != 2 || t.Shape[1] > maxVocab {
		k.fail(`tensor "token_embd.weight" is missing or no table of at most %d rows`, maxVocab)
	} else {
		c.VocabSize = t.Rows()
	}
	c.NumExperts = int(k.number("expert_count", 0))
	c.TemperatureScale = k.number("attention.temperature_scale", 0)
	k.rope(c)
	return c, k.err
}

// rope reads the keys of the rotary embedding and of its scaling.
func (k *keys) rope(c *Config) {
	r := &c.RoPE
	r.Dims = k.size("rope.dimension_count", c.HeadDim, maxWidth)
	r.Base = k.number("rope.freq_base", 10000)
	r.Scaling, _ = k.f.String(k.prefix + "rope.scaling.type")
	r.Factor = k.number("rope.scaling.factor", 1)
	if linear := k.number("rope.scale_linear", 0); linear != 0 && r.Scaling == "" { // written by old converters
		r.Scaling, r.Factor = "linear", linear
	}
	if r.Scaling == "none" || r.Factor == 1 {
		r.Scaling = ""
	}
	r.OriginalContext = k.size("rope.scaling.original_context_length", c.ContextLength, math.MaxInt32)
	r.BetaFast = k.number("rope.scaling.yarn_beta_fast", 32)
	r.BetaSlow = k.number("rope.scaling.yarn_beta_slow", 1)
	r.AttnFactor = k.number("rope.scaling.attn_factor", 1)
	r.LogMultiplier = k.number("rope.scaling.yarn_log_multiplier", 0)
	switch {
	case r.Dims%2 != 0 || r.Dims > c.HeadDim:
		k.fail("%d of a head's %d values rotate", r.Dims, c.HeadDim)
	case r.Base <= 0 || r.Factor <= 0 || r.BetaFast <= 0 || r.BetaSlow <= 0:
		k.fail("rope.freq_base, rope.scaling.factor or a YaRN constant is not positive")
	case r.Scaling != "" && r.Scaling != "linear" && r.Scaling != "yarn":
		k.err = &errs.UnsupportedError{What: fmt.Sprintf("rope.scaling.type %q", r.Scaling)}
	}
}

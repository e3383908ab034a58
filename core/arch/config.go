package arch

import (
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
)

// Limits on what a file may ask for; the largest models are far below them.
const (
	maxLayers = 1 << 10
	maxHeads  = 1 << 10
	maxWidth  = 1 << 18
	maxVocab  = 1 << 22
)

// MaxListed is more than any number of a layer or head.
const MaxListed = max(maxLayers, maxHeads)

// Config is the sizes and constants of a model, from the keys of its file. Keys
// that every architecture may have are read here, others by the architecture.
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
	RoPE          attention.RoPEConfig // rope.*
	Layers        []LayerConfig        // [NumLayers]

	ConvTaps int // positions that a short convolution reaches over, the newest included

	DeltaRule // read by the architectures that have one
	Mixture   // of experts, read by the architectures that have one

	// MaxContext is how many positions there can be at most; 0 if there is no limit
	// but memory.
	MaxContext int

	// What an architecture's constructor sets; 0 is the usual.
	AttnScale      float32 // of the scores; 1/√HeadDim
	AttnSoftCap    float32 // bound of the scores; none
	EmbeddingScale float32 // of the embeddings; 1
	ResidualScale  float32 // of what each half of a block adds to the residual stream; 1
	LogitScale     float32 // of the logits; 1
	LogitSoftCap   float32 // bound of the logits; none
	Gate           nn.Gate // of a gated feed-forward network; SwiGLU

	// Source tells that there is an encoder for a source text, which the decoder looks at:
	// it is an EncoderDecoder, whose text begins with the token Start.
	Source bool
	Start  int32

	Pooling Pooling
	Encoder bool // its queries see what is ahead, so it can't write on; it is for embeddings

	ArchSizes  map[string]int // sizes that only this architecture has, by the names that dim tags use
	ArchFloats int            // float32 that only this architecture works with, of each token

	share
}

// LayerConfig is what may differ from layer to layer. Until the constructor
// changes it, a layer sees all positions and rotates as Config.RoPE says.
type LayerConfig struct {
	Window int                   // positions that a query sees, its own included; 0: all
	RoPE   *attention.RoPEConfig // nil: no rotation
	Width  int                   // of the rows that it keeps in place of keys and values, of this worker; 0: keys and values
	State  int                   // length of what it keeps of all positions together, on this worker; 0: nothing

	Ahead int // how many later positions a query sees: an encoder's

	// Sizes, if not nil, has the layer's heads and feed-forward network: see Config.resized.
	Sizes *Config
}

// layer returns the configuration with a layer's heads and feed-forward network.
func (c *Config) layer(i int) *Config {
	if sizes := c.Layers[i].Sizes; sizes != nil {
		return sizes
	}
	return c
}

// resized returns the configuration of a layer whose heads or feed-forward network
// have other sizes than the largest, which c says.
func (c *Config) resized(headDim, kvHeads, ffnSize int) *Config {
	r := *c
	r.HeadDim, r.NumKVHeads, r.FFNSize = headDim, kvHeads, ffnSize
	r.divide(c.group)
	return &r
}

// NewCache returns a cache for a session of a model, as far as this worker has it.
func (c *Config) NewCache(t kvcache.Type, capacity int) *kvcache.Cache {
	shapes := make([]kvcache.Shape, c.NumLayers)
	for i, l := range c.Layers {
		own := c.layer(i)
		if c.Encoder {
			l.Window = 0 // all are there before the first is seen
		}
		shapes[i] = kvcache.Shape{KVHeads: own.OwnKVHeads(), HeadDim: own.HeadDim, Window: l.Window, Width: l.Width, State: l.State}
	}
	if c.Source { // keys and values of the source text in each layer, and those of an encoder's layer
		shapes = append(shapes, kvcache.Uniform(c.NumLayers+1, shapes[0])...)
	}
	return kvcache.New(t, shapes, capacity)
}

// readConfig returns the configuration of a file, and what reads the keys of its
// architecture, which has kept the first error.
func readConfig(f *gguf.File) (*Config, *keys, error) {
	architecture, ok := f.String("general.architecture")
	if !ok {
		return nil, nil, &errs.FormatError{Offset: -1, What: `metadata key "general.architecture" is missing`}
	}
	c, k := &Config{Architecture: architecture}, &keys{f: f, prefix: architecture + "."}
	if registry[architecture] == nil {
		return c, k, nil // New says which are known
	}
	c.HiddenSize = k.size("embedding_length", 0, maxWidth)
	c.NumLayers = k.size("block_count", 0, maxLayers)
	c.NumHeads = k.size("attention.head_count", 0, maxHeads)
	c.NumKVHeads = k.size("attention.head_count_kv", c.NumHeads, maxHeads)
	c.HeadDim = k.size("attention.key_length", max(1, c.HiddenSize/c.NumHeads), maxWidth)
	c.FFNSize = k.size("feed_forward_length", 0, maxWidth)
	c.ContextLength = k.size("context_length", 0, math.MaxInt32)
	c.NormEps = float32(k.number("attention.layer_norm_rms_epsilon", k.number("attention.layer_norm_epsilon", 1e-5)))
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
	k.rope(c)
	c.Pooling = k.pooling()
	c.Gate = nn.SwiGLU
	c.Layers = make([]LayerConfig, c.NumLayers)
	for i := range c.Layers {
		c.Layers[i].RoPE = &c.RoPE
	}
	return c, k, k.err
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
	case r.Scaling != "" && r.Scaling != "linear" && r.Scaling != "yarn" && r.Scaling != "longrope":
		k.err = &errs.UnsupportedError{What: fmt.Sprintf("rope.scaling.type %q", r.Scaling)}
	}
}

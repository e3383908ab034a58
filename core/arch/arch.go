// Package arch holds the architectures, decoders and encoders, one file each. A file
// registers the value of general.architecture that it answers to and says, as a struct
// with tags, which tensors it has (see package nn), and in Forward, what it does with
// them.
package arch

import (
	"fmt"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// Decoder is a model that turns token ids into logits; an encoder, into hidden states.
type Decoder interface {
	// Forward appends a batch of tokens to its cache and computes logits, or hidden
	// states. An encoder needs the whole text as one batch.
	Forward(b *Batch)
}

// EncoderDecoder is a Decoder that looks at a source text while it writes another.
type EncoderDecoder interface {
	Decoder

	// Encode computes the keys and values of a source text, which Forward looks at from
	// then on. IDs are the whole text; of the rest of the batch it knows Hidden, Observe and
	// Residual, which are those of the encoder.
	Encode(b *Batch)
}

// Projector is a Decoder with layers behind the pooling that makes one vector of a text.
type Projector interface {
	Decoder

	// Project writes over x [hidden], which is pooled, what the layers make of it.
	Project(x []float32)
}

// Batch is some tokens that follow each other, and where the results go.
type Batch struct {
	IDs     []int32 // at positions Cache.Len() and on; within the vocabulary, or of Images
	Cache   *kvcache.Cache
	Context *nn.Context

	// Images [rows, hidden] f32 has the embeddings of the ids beyond the vocabulary, in order.
	Images []float32

	// Logits [outputs, vocab] f32 receives a row for each of the last tokens of
	// the batch; it may be empty, when only the cache is wanted.
	Logits []float32

	// Hidden [tokens, hidden] f32, if not nil, receives the residual stream of all
	// tokens behind the last norm, in place of logits.
	Hidden []float32

	// Observe, if not nil, is told every layer's attention weights, of this worker's heads.
	Observe func(layer int) attention.Observer

	// ObserveCross, if not nil, is told every layer's weights of the source text's positions.
	ObserveCross func(layer int) attention.Observer

	// Residual, if not nil, is given the residual stream behind every layer:
	// x [rows, hidden], valid during the call, of all tokens, but in the last layer
	// of the last, of which there are logits.
	Residual func(layer int, x []float32)

	// Heads, if not nil, is given what the heads of this worker give at each position,
	// before the output matrix mixes them, and may change it: z [tokens, heads, headDim],
	// where first is the number of the first head.
	Heads func(layer, first int, z []float32)

	Lens  *Lens  // if not nil, Logits must not be empty
	Parts *Parts // if not nil, Logits must not be empty
}

// observer returns the observer of a layer, or nil. first is the number of this
// worker's first head.
func (b *Batch) observer(layer, first int) attention.Observer {
	return observer(b.Observe, layer, first)
}

func observer(of func(layer int) attention.Observer, layer, first int) attention.Observer {
	if of == nil {
		return nil
	}
	observe := of(layer)
	if observe == nil || first == 0 {
		return observe
	}
	return func(head, position int, weights []float32) { observe(first+head, position, weights) }
}

// constructor completes a configuration by what the architecture knows and by its
// own keys, of which k keeps the first error, and returns a decoder without weights.
type constructor func(c *Config, k *keys) (Decoder, error)

var registry = map[string]constructor{}

// register adds an architecture; it panics on a duplicate name, which is a
// mistake in this package.
func register(name string, f constructor) {
	if registry[name] != nil {
		panic("arch: " + name + " is registered twice")
	}
	registry[name] = f
}

// Names returns the architectures that are supported, sorted.
func Names() []string {
	names := make([]string, 0, len(registry))
	for n := range registry {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// New returns the decoder that a file describes and the binder that loads its
// weights, as far as this worker of a group has them. An unknown architecture is an *errs.UnsupportedError, a contradiction
// in the file an *errs.FormatError.
func New(f *gguf.File, group shard.Group) (Decoder, *Config, *nn.Binder, error) {
	c, k, err := readConfig(f)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("arch: %w", err)
	}
	construct, ok := registry[c.Architecture]
	if !ok {
		return nil, nil, nil, fmt.Errorf("arch: %w", &errs.UnsupportedError{What: fmt.Sprintf("architecture %q (supported are %s)", c.Architecture, strings.Join(Names(), ", "))})
	}
	c.divide(group)
	d, err := construct(c, k)
	if err == nil {
		k.refuseVarying()
		k.refuseAhead(c)
		err = k.err
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("arch: %s: %w", c.Architecture, err)
	}
	b, err := nn.Bind(d, f, c.dims(), c.NormEps)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("arch: %s: %w", c.Architecture, err)
	}
	return d, c, b, nil
}

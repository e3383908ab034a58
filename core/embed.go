package core

import (
	"context"
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
)

// EmbedOptions says how the hidden states of a text's tokens become one vector.
type EmbedOptions struct {
	// Pooling is "mean" of all tokens, "cls" for the first token's or "last" for the
	// last one's; empty takes what the file says, and the mean where it says nothing.
	Pooling string `json:"pooling"`

	// Normalize scales the vector to the length 1, so that a dot product of two is the
	// cosine of their angle.
	Normalize bool `json:"normalize"`
}

// Embed returns the embedding [hidden] of a text: the hidden states of its tokens
// behind the last norm, in a context of their own, pooled, and what the model has behind
// that (arch.Projector). With an encoder and a decoder they are the encoder's.
//
// Errors: *errs.OptionError, *ContextFullError, *TokenError, *WorkerError,
// *errs.UnsupportedError for a pooling of the file that is not one of these, or
// ctx's cause. An encoder looks at ctx only before it begins.
func (m *Model) Embed(ctx context.Context, ids []int32, o EmbedOptions) ([]float32, error) {
	pool, err := m.pooling(o.Pooling)
	if err != nil {
		return nil, err
	}
	s := m.newSession(m.lastSession.Add(1))
	if m.group.Size() > 1 {
		defer m.drop(s.id)
	}
	if err := s.check(ids); err != nil {
		return nil, err
	}
	p := pooler{kind: pool, sum: make([]float64, m.config.HiddenSize)}
	hidden := make([]float32, m.batch(len(ids))*m.config.HiddenSize)
	for len(ids) > 0 {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		n := m.batch(len(ids))
		if err := s.runHidden(ids[:n], hidden[:n*m.config.HiddenSize]); err != nil {
			return nil, err
		}
		p.add(hidden[:n*m.config.HiddenSize])
		ids = ids[n:]
	}
	x := p.vector()
	if d, ok := m.decoder.(arch.Projector); ok {
		d.Project(x)
	}
	if o.Normalize {
		normalize(x)
	}
	return x, nil
}

// batch returns how many of n tokens go through the layers together.
func (m *Model) batch(n int) int {
	if m.config.Encoder || m.config.Source {
		return n
	}
	return min(n, prefillChunk)
}

// pooling returns the kind that an option names.
func (m *Model) pooling(name string) (arch.Pooling, error) {
	if name == "" {
		if m.config.Pooling == arch.PoolingUnknown {
			return "", fmt.Errorf("core: %w", &errs.UnsupportedError{What: "the file's way of pooling the tokens (an option can choose another)"})
		}
		return m.config.Pooling, nil
	}
	switch p := arch.Pooling(name); p {
	case arch.PoolingMean, arch.PoolingCLS, arch.PoolingLast:
		return p, nil
	}
	return "", &errs.OptionError{Option: "pooling", What: fmt.Sprintf("is %q, must be one of mean, cls, last", name)}
}

// pooler makes one vector of those of the tokens.
type pooler struct {
	kind  arch.Pooling
	sum   []float64 // [hidden]
	count int       // tokens
}

// add adds tokens x [tokens, hidden], in order.
func (p *pooler) add(x []float32) {
	width := len(p.sum)
	for ; len(x) > 0; x = x[width:] {
		p.count++
		switch {
		case p.kind == arch.PoolingMean:
			for i, v := range x[:width] {
				p.sum[i] += float64(v)
			}
		case p.kind == arch.PoolingLast || p.count == 1:
			for i, v := range x[:width] {
				p.sum[i] = float64(v)
			}
		}
	}
}

// vector returns the result.
func (p *pooler) vector() []float32 {
	scale := 1.0
	if p.kind == arch.PoolingMean {
		scale = 1 / float64(p.count)
	}
	out := make([]float32, len(p.sum))
	for i, v := range p.sum {
		out[i] = float32(v * scale)
	}
	return out
}

// normalize scales x to the length 1, unless it is 0.
func normalize(x []float32) {
	square := 0.0
	for _, v := range x {
		square += float64(v) * float64(v)
	}
	if square == 0 {
		return
	}
	scale := 1 / math.Sqrt(square)
	for i, v := range x {
		x[i] = float32(float64(v) * scale)
	}
}

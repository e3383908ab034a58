package core

import (
	"math"
	"slices"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/sample"
)

// startTrace makes the session do what a plan says, until the next call, after the
// prompt was checked. It lets the cache go where its keys and values are those of
// other ablations, or are to be traced.
func (s *Session) startTrace(p tracePlan, prompt []int32, maxTokens int) error {
	length := s.Len() + len(s.last) + len(prompt)
	if len(p.layers) > 0 {
		most := s.cache.Cap()
		if maxTokens > 0 {
			most = min(most, length-1+min(maxTokens, most)) // the sum of no large numbers
		}
		if err := p.checkBytes(length, most); err != nil {
			return err
		}
	}
	if p.prompt && len(p.layers) > 0 || !slices.Equal(p.ablate, s.ablated) {
		s.cache.Truncate(0) // restore computes it again
	}
	s.ablated = p.ablate
	s.trace = nil
	if p.active() {
		s.trace = newTracer(p, s.model.config, s.model.group)
		if p.prompt && len(p.layers) > 0 {
			s.trace.whole = s.trace.newAttention(0, length)
		}
	}
	if p.active() || s.following {
		if err := s.model.sendTrace(s.id, &p); err != nil {
			return err
		}
		s.following = p.active()
	}
	return nil
}

// attach moves what was traced since the last token to t, which was chosen then. Its
// error says that the group broke.
func (s *Session) attach(t *Token) (err error) {
	r := s.trace
	t.Trace, r.done = r.done, Trace{}
	if len(r.lens) > 0 {
		t.Lens = s.lensOf(r)
	}
	if r.attribution {
		t.Attribution, err = s.attribute(t.ID)
	}
	return err
}

// lensOf returns the likeliest tokens by each layer.
func (s *Session) lensOf(r *tracer) []LensLayer {
	out := make([]LensLayer, len(r.lens))
	for i, layer := range r.lens {
		row := r.lensView.Logits[i*len(s.logits) : (i+1)*len(s.logits)]
		top := sample.Best(row, r.lensTopK)
		kernel.Softmax(row)
		out[i] = LensLayer{Layer: layer, Top: make([]LensToken, len(top))}
		for k, c := range top {
			out[i].Top[k] = LensToken{ID: c.ID, Text: s.model.tokenizer.Piece(c.ID), Prob: row[c.ID]}
		}
	}
	return out
}

// attribute returns the parts of a token's logit.
func (s *Session) attribute(id int32) (*Attribution, error) {
	m := s.model
	m.computing.Lock()
	defer m.computing.Unlock()
	if err := m.send(request{op: opAttribute, session: s.id, ids: []int32{id}}); err != nil {
		return nil, err
	}
	a := s.trace.parts.Attribute(s.nn, id)
	if err := m.group.Err(); err != nil {
		return nil, workerError(err)
	}
	c := m.config
	out := &Attribution{Heads: upTo(c.NumHeads), MLP: a.FFN, Embed: a.Embed, Bias: a.Bias}
	for l, values := range a.Heads {
		if c.HasAttention(l) {
			out.Layers = append(out.Layers, l)
			out.Values = append(out.Values, values...)
		} else {
			out.Mixer = a.Mixer
		}
	}
	return out, nil
}

// sendTrace tells the followers what to trace in a session.
func (m *Model) sendTrace(session int32, p *tracePlan) error {
	m.computing.Lock()
	defer m.computing.Unlock()
	if err := m.send(request{op: opTrace, session: session, ids: p.encode()}); err != nil {
		return err
	}
	for list := range slices.Chunk(p.ablate, prefillChunk/3) {
		var ids []int32
		for _, a := range list {
			ids = append(ids, int32(a.Layer), int32(a.Head), int32(math.Float32bits(float32(a.Scale))))
		}
		if err := m.send(request{op: opAblate, session: session, ids: ids}); err != nil {
			return err
		}
	}
	return nil
}

// maskWords is the length of a list of layers or heads as bits.
const maskWords = arch.MaxListed / 32

// planLen is the length of what encode returns.
const planLen = 2 + 3*maskWords

// encode returns what followers need of a plan, but for the ablations.
func (p *tracePlan) encode() []int32 {
	m := make([]int32, planLen)
	m[0] = int32(p.topK)
	for i, flag := range []bool{p.prompt, p.norms, p.attribution, p.active()} {
		if flag {
			m[1] |= 1 << i
		}
	}
	for i, list := range [][]int{p.layers, p.heads, p.lens} {
		for _, x := range list {
			m[2+i*maskWords+x/32] |= 1 << (x % 32)
		}
	}
	return m
}

// decodePlan returns the plan that encode wrote, and whether there is something to do.
func decodePlan(m []int32) (p tracePlan, active bool) {
	flag := func(i int) bool { return m[1]>>i&1 == 1 }
	p = tracePlan{topK: int(m[0]), prompt: flag(0), norms: flag(1), attribution: flag(2)}
	for i, list := range []*[]int{&p.layers, &p.heads, &p.lens} {
		for x := range arch.MaxListed {
			if m[2+i*maskWords+x/32]>>(x%32)&1 == 1 {
				*list = append(*list, x)
			}
		}
	}
	return p, flag(3)
}

// decodeAblations returns what sendTrace sent of them.
func decodeAblations(ids []int32) (list []Ablation) {
	for i := 0; i+2 < len(ids); i += 3 {
		list = append(list, Ablation{int(ids[i]), int(ids[i+1]), float64(math.Float32frombits(uint32(ids[i+2])))})
	}
	return list
}

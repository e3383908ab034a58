// EmbeddingGemma: Gemma 3 as an encoder. Every token sees all others, in layers with a
// window those up to half of it away on either side. Behind the pooling there may be two
// matrices, without biases and activation.
// Paper: arXiv:2509.20354. Reference: llama.cpp src/models/gemma-embedding.cpp.

package arch

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("gemma-embedding", newGemmaEmbedding) }

type gemmaEmbedding struct {
	gemma3
	Dense *gemmaDense // nil without
}

// gemmaDense is as large as a layer's network, but works once for a text: each worker has
// all of it, as float32.
type gemmaDense struct {
	Up   nn.Vector `gguf:"dense_2" dim:"dense,hidden"`
	Down nn.Vector `gguf:"dense_3" dim:"hidden,dense"`
}

func newGemmaEmbedding(c *Config, k *keys) (Decoder, error) {
	d, err := newGemma3(c, k)
	if err != nil {
		return nil, err
	}
	c.lookAhead()
	m := &gemmaEmbedding{gemma3: *d.(*gemma3)}
	m.decoder = newDecoder(c) // that sees these windows
	if t, ok := k.f.Tensor("dense_2.weight"); ok {
		m.Dense = new(gemmaDense)
		c.ArchSizes = map[string]int{"dense": t.Rows()}
	}
	return m, nil
}

// Project is as in Projector.
func (m *gemmaEmbedding) Project(x []float32) {
	if m.Dense == nil {
		return
	}
	h := make([]float32, len(m.Dense.Up.Values)/len(x))
	for i := range h {
		h[i] = kernel.Dot(m.Dense.Up.Values[i*len(x):(i+1)*len(x)], x)
	}
	for i := range x {
		x[i] = kernel.Dot(m.Dense.Down.Values[i*len(h):(i+1)*len(h)], h)
	}
}

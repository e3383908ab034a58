// EmbeddingGemma: Gemma 3 as an encoder. Every token sees all others, in layers with a
// window those up to half of it away on either side.
// Paper: arXiv:2509.20354. Reference: llama.cpp src/models/gemma-embedding.cpp.

package arch

import "github.com/gander-lm/gander/core/errs"

func init() { register("gemma-embedding", newGemmaEmbedding) }

func newGemmaEmbedding(c *Config, k *keys) (Decoder, error) {
	if _, ok := k.f.Tensor("dense_2.weight"); ok {
		return nil, &errs.UnsupportedError{What: "dense layers behind the pooling (tensor \"dense_2.weight\")"}
	}
	d, err := newGemma3(c, k)
	c.lookAhead()
	d.(*gemma3).decoder = newDecoder(c) // that sees these windows
	return d, err
}

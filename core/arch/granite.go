// Granite decoder: that of Llama, with factors of the embeddings, of the scores, of
// what blocks add to the residual stream, and of the logits.
// Paper: arXiv:2408.13359 (muP). Reference: transformers models/granite/modeling_granite.py; llama.cpp src/models/granite.cpp.

package arch

func init() { register("granite", newGranite) }

func newGranite(c *Config, k *keys) (Decoder, error) {
	graniteConstants(c, k)
	return makeLlama(c)
}

// graniteConstants reads the factors.
func graniteConstants(c *Config, k *keys) {
	c.EmbeddingScale = k.scale("embedding_scale")
	c.ResidualScale = k.scale("residual_scale")
	c.AttnScale = k.scale("attention.scale")
	if divisor := k.scale("logit_scale"); divisor != 0 {
		c.LogitScale = 1 / divisor
	}
	if !k.flag("rope.scaling.finetuned", true) { // this is how files say that nothing rotates
		for i := range c.Layers {
			c.Layers[i].RoPE = nil
		}
	}
}

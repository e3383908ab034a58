package hf

// EmbeddingGemma: Gemma 3 as an encoder.
// Source: llama.cpp conversion/gemma.py; transformers models/gemma3.
func init() { register(gemmaEmbedding, "Gemma3TextModel") }

func gemmaEmbedding() *family {
	return &family{
		name: "gemma-embedding", prefixes: []string{"", "model."},
		keys: gemmaEmbeddingKeys, once: gemmaNorms(llamaOnce()), stacks: blocks("layers.%d.", gemma3Blocks()),
	}
}

func gemmaEmbeddingKeys(c *config) {
	gemma3Keys(c)
	c.setBool("attention.causal", false)
	if !c.boolean("use_bidirectional_attention", false) {
		c.unsupported("a Gemma3TextModel whose tokens see earlier ones alone")
	}
}

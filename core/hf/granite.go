package hf

// Granite: Llama, with factors of the embeddings, of the scores, of what blocks add to
// the residual stream, and of the logits.
// Source: llama.cpp conversion/granite.py; transformers models/granite.
func init() { register(granite, "GraniteForCausalLM") }

func granite() *family {
	return &family{
		name: "granite", prefixes: []string{"model."}, head: "lm_head",
		keys: graniteKeys, once: llamaOnce(), stacks: blocks("layers.%d.", reorder(llamaBlocks(), adjacentPairs, "attn_q", "attn_k")),
	}
}

func graniteKeys(c *config) {
	llamaKeys(c)
	for from, to := range map[string]string{
		"attention_multiplier": "attention.scale", "embedding_multiplier": "embedding_scale",
		"residual_multiplier": "residual_scale", "logits_scaling": "logit_scale",
	} {
		if x := c.number(1, from); x > 0 {
			c.setFloat(to, x)
		} else {
			c.fail("%q is %v, which is not positive", from, x)
		}
	}
}

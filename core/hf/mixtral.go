package hf

// Mixtral: Llama, by whose name GGUF calls it, with a mixture of experts.
// Source: llama.cpp conversion/llama.py; transformers models/mixtral.
func init() { register(mixtral, "MixtralForCausalLM") }

func mixtral() *family {
	rules := append(withoutNetwork(reorder(llamaBlocks(), adjacentPairs, "attn_q", "attn_k")), router("block_sparse_moe.gate", "num_local_experts"))
	return &family{
		name: "llama", prefixes: []string{"model."}, head: "lm_head",
		keys: mixtralKeys, once: llamaOnce(),
		stacks: blocks("layers.%d.", append(rules, eachExpert("block_sparse_moe.experts.%d.", "w1", "w3", "w2", "num_local_experts", "intermediate_size")...)),
	}
}

func mixtralKeys(c *config) {
	c.defaults(map[string]string{"rms_norm_eps": "1e-5"})
	if c.ropeParameters().values["rope_theta"] == nil {
		c.defaults(map[string]string{"rope_theta": "1e6"})
	}
	llamaKeys(c)
	c.experts("num_local_experts", 8, 2)
}

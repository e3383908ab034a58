package hf

// Qwen3 MoE: Qwen3 with a mixture of experts.
// Source: llama.cpp conversion/qwen.py; transformers models/qwen3_moe.
func init() { register(qwen3MoE, "Qwen3MoeForCausalLM") }

func qwen3MoE() *family {
	rules := append(withoutNetwork(qwen3Blocks()), router("mlp.gate", "num_experts"))
	return &family{
		name: "qwen3moe", prefixes: []string{"model."}, head: "lm_head",
		keys: qwen3MoEKeys, once: llamaOnce(),
		stacks: blocks("layers.%d.", append(rules, qwenExperts()...)),
	}
}

func qwen3MoEKeys(c *config) {
	qwenKeys(c)
	c.qwenMixture(128, 8, 768)
	if !c.boolean("norm_topk_prob", false) {
		c.unsupported("norm_topk_prob off in a qwen3moe model")
	}
}

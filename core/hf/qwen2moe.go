package hf

// Qwen2 MoE and Qwen1.5 MoE: Qwen2 with a mixture of experts, and beside it an expert
// that all tokens use, behind a gate.
// Source: llama.cpp conversion/qwen.py; transformers models/qwen2_moe.
func init() { register(qwen2MoE, "Qwen2MoeForCausalLM") }

func qwen2MoE() *family {
	rules := append(withoutNetwork(qwen2Blocks()), router("mlp.gate", "num_experts"))
	rules = append(rules, table(`
	ffn_gate_inp_shexp  mlp.shared_expert_gate       1,hidden_size                                out=hidden_size
	ffn_gate_shexp      mlp.shared_expert.gate_proj  shared_expert_intermediate_size,hidden_size
	ffn_up_shexp        mlp.shared_expert.up_proj    shared_expert_intermediate_size,hidden_size
	ffn_down_shexp      mlp.shared_expert.down_proj  hidden_size,shared_expert_intermediate_size
`)...)
	return &family{
		name: "qwen2moe", prefixes: []string{"model."}, head: "lm_head",
		keys: qwen2MoEKeys, once: llamaOnce(),
		stacks: blocks("layers.%d.", append(rules, qwenExperts()...)),
	}
}

func qwen2MoEKeys(c *config) {
	qwenKeys(c)
	c.qwenMixture(60, 4, 1408)
	c.setUint("expert_shared_feed_forward_length", c.size(5632, "shared_expert_intermediate_size"))
	c.only("norm_topk_prob", false)
}

// qwenMixture sets the keys of Qwen's mixtures; the numbers are what transformers takes
// without config.json's.
func (c *config) qwenMixture(count, used, size int64) {
	c.experts("num_experts", count, used)
	c.setUint("expert_feed_forward_length", c.size(size, "moe_intermediate_size"))
	c.only("decoder_sparse_step", 1)
	if dense, _ := c.values["mlp_only_layers"].([]any); len(dense) > 0 {
		c.unsupported("mlp_only_layers: layers without experts beside some with them")
	}
}

// qwenExperts are the experts' matrices of Qwen's mixtures.
func qwenExperts() []rule {
	return eachExpert("mlp.experts.%d.", "gate_proj", "up_proj", "down_proj", "num_experts", "moe_intermediate_size")
}

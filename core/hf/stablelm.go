package hf

// StableLM: Llama with LayerNorm, and rotation of a part of each head. StableLM 2 12B has
// a norm for each head of query and key, and one norm for both halves of a block.
// Source: llama.cpp conversion/stablelm.py; transformers models/stablelm.
func init() {
	rules := llamaBlocks(change{})
	for i := range rules {
		switch rules[i].to {
		case "attn_norm":
			rules[i].bias = true
		case "ffn_norm":
			rules[i].bias, rules[i].optional = true, true
		}
	}
	register(&family{
		name: "stablelm", prefixes: []string{"model."}, head: "lm_head",
		keys: stableLMKeys,
		once: []rule{
			{to: "token_embd", from: "embed_tokens", dims: "vocab_size,hidden_size"},
			{to: "output_norm", from: "norm", dims: "hidden_size", bias: true},
		},
		stacks: blocks("layers.%d.", append(rules,
			rule{to: "attn_q_norm", from: "self_attn.q_layernorm.norms.%d", each: "num_attention_heads", dims: "head_dim", out: "num_attention_heads,head_dim", optional: true},
			rule{to: "attn_k_norm", from: "self_attn.k_layernorm.norms.%d", each: "num_key_value_heads", dims: "head_dim", out: "num_key_value_heads,head_dim", optional: true},
		)),
	}, "StableLmForCausalLM", "StableLMEpochForCausalLM")
}

func stableLMKeys(c *config) {
	c.groupedHeads()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_eps", "norm_eps"))
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.rotaryPart(0.25, "partial_rotary_factor"), 10000)
	c.setBool("use_parallel_residual", c.boolean("use_parallel_residual", false))
}

package hf

// OLMo 2 and 3: Llama with norms behind the halves of a block in place of before them,
// and norms of all of the query and of the key. OLMo 3 has windows in all layers but
// every fourth.
// Source: llama.cpp conversion/olmo.py; transformers models/olmo2 and olmo3.
func init() {
	rules := llamaBlocks(change{})
	for i := range rules {
		switch rules[i].to {
		case "attn_norm":
			rules[i] = rule{to: "post_attention_norm", from: "post_attention_layernorm", dims: "hidden_size"}
		case "ffn_norm":
			rules[i] = rule{to: "post_ffw_norm", from: "post_feedforward_layernorm", dims: "hidden_size"}
		}
	}
	register(&family{
		name: "olmo2", prefixes: []string{"model."}, head: "lm_head",
		keys: olmo2Keys, once: llamaOnce,
		stacks: blocks("layers.%d.", append(rules,
			rule{to: "attn_q_norm", from: "self_attn.q_norm", dims: "num_attention_heads*head_dim"},
			rule{to: "attn_k_norm", from: "self_attn.k_norm", dims: "num_key_value_heads*head_dim"},
		)),
	}, "Olmo2ForCausalLM", "Olmo3ForCausalLM")
}

func olmo2Keys(c *config) {
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.sizes["head_dim"], 500000)
	if c.values["sliding_window"] == nil {
		return
	}
	c.setUint("attention.sliding_window", c.size(0, "sliding_window"))
	c.w.Set(c.prefix+"attention.sliding_window_pattern", c.windows(func(i int) bool { return i%4 != 3 }))
}

package hf

// OLMo 2 and 3: Llama with norms behind the halves of a block in place of before them,
// and norms of all of the query and of the key. OLMo 3 has windows in all layers but
// every fourth.
// Source: llama.cpp conversion/olmo.py; transformers models/olmo2 and olmo3.
func init() {
	register(func() *family { return olmo2(olmo2Keys) }, "Olmo2ForCausalLM")
	register(func() *family { return olmo2(olmo3Keys) }, "Olmo3ForCausalLM")
}

func olmo2(keys func(c *config)) *family {
	return &family{
		name: "olmo2", prefixes: []string{"model."}, head: "lm_head",
		keys: keys, once: llamaOnce(),
		stacks: blocks("layers.%d.", table(`
	attn_q               self_attn.q_proj            num_attention_heads*head_dim,hidden_size
	attn_k               self_attn.k_proj            num_key_value_heads*head_dim,hidden_size
	attn_v               self_attn.v_proj            num_key_value_heads*head_dim,hidden_size
	attn_q_norm          self_attn.q_norm            num_attention_heads*head_dim
	attn_k_norm          self_attn.k_norm            num_key_value_heads*head_dim
	attn_output          self_attn.o_proj            hidden_size,num_attention_heads*head_dim
	post_attention_norm  post_attention_layernorm    hidden_size
	ffn_gate             mlp.gate_proj               intermediate_size,hidden_size
	ffn_up               mlp.up_proj                 intermediate_size,hidden_size
	ffn_down             mlp.down_proj               hidden_size,intermediate_size
	post_ffw_norm        post_feedforward_layernorm  hidden_size
`)),
	}
}

func olmo2Keys(c *config) {
	c.defaults(map[string]string{"rms_norm_eps": "1e-5"})
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.sizes["head_dim"], 10000)
}

func olmo3Keys(c *config) {
	olmo2Keys(c)
	c.setUint("attention.sliding_window", c.size(4096, "sliding_window"))
	c.w.Set(c.prefix+"attention.sliding_window_pattern", c.windows(func(i int) bool { return i%4 != 3 }))
}

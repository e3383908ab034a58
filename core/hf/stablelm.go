package hf

// StableLM: Llama with LayerNorm, and rotation of a part of each head. StableLM 2 12B has
// a norm for each head of query and key, and one norm for both halves of a block.
// Source: llama.cpp conversion/stablelm.py; transformers models/stablelm.
func init() { register(stableLM, "StableLmForCausalLM", "StableLMEpochForCausalLM") }

func stableLM() *family {
	return &family{
		name: "stablelm", prefixes: []string{"model."}, head: "lm_head",
		keys: stableLMKeys,
		once: biased(llamaOnce(), "output_norm"),
		stacks: blocks("layers.%d.", table(`
	attn_norm    input_layernorm                hidden_size                              bias
	attn_q       self_attn.q_proj               num_attention_heads*head_dim,hidden_size
	attn_k       self_attn.k_proj               num_key_value_heads*head_dim,hidden_size
	attn_v       self_attn.v_proj               num_key_value_heads*head_dim,hidden_size
	attn_q_norm  self_attn.q_layernorm.norms.%d head_dim                                 each=num_attention_heads out=num_attention_heads,head_dim optional
	attn_k_norm  self_attn.k_layernorm.norms.%d head_dim                                 each=num_key_value_heads out=num_key_value_heads,head_dim optional
	attn_output  self_attn.o_proj               hidden_size,num_attention_heads*head_dim
	ffn_norm     post_attention_layernorm       hidden_size                              bias optional
	ffn_gate     mlp.gate_proj                  intermediate_size,hidden_size
	ffn_up       mlp.up_proj                    intermediate_size,hidden_size
	ffn_down     mlp.down_proj                  hidden_size,intermediate_size
`)),
	}
}

func stableLMKeys(c *config) {
	c.groupedHeads()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_eps", "norm_eps"))
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.rotaryPart(c.number(0.25, "rope_pct"), "partial_rotary_factor"), 10000) // rope_pct in old files
	c.setBool("use_parallel_residual", c.boolean("use_parallel_residual", false))
}

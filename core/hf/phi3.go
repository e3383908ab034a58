package hf

// Phi-3 and Phi-4: query, key and value in one matrix, gate and up in another, both
// of which GGUF keeps.
// Source: llama.cpp conversion/phi.py; transformers models/phi3.
func init() { register(phi3, "Phi3ForCausalLM") }

func phi3() *family {
	return &family{
		name: "phi3", prefixes: []string{"model."}, head: "lm_head",
		keys: phi3Keys, once: llamaOnce(),
		stacks: blocks("layers.%d.", table(`
	attn_norm    input_layernorm           hidden_size
	attn_qkv     self_attn.qkv_proj        num_attention_heads*head_dim+2*num_key_value_heads*head_dim,hidden_size
	attn_output  self_attn.o_proj          hidden_size,num_attention_heads*head_dim
	ffn_norm     post_attention_layernorm  hidden_size
	ffn_up       mlp.gate_up_proj          2*intermediate_size,hidden_size
	ffn_down     mlp.down_proj             hidden_size,intermediate_size
`)),
	}
}

func phi3Keys(c *config) {
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.rotaryPart(1, "partial_rotary_factor"), 10000)
	if c.ropeParameters().text("rope_type", "type") == "" {
		c.setUint("rope.scaling.original_context_length", c.original(c.ropeParameters()))
	}
	// 0 sets Phi-4 apart, which has no window.
	window := int64(0)
	if c.values["sliding_window"] != nil {
		window = c.size(0, "sliding_window")
	}
	c.setUint("attention.sliding_window", window)
}

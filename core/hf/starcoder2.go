package hf

// StarCoder2: Llama's attention with biases and LayerNorm, and a network with GELU.
// Source: llama.cpp conversion/starcoder.py; transformers models/starcoder2.
func init() { register(starCoder2, "Starcoder2ForCausalLM") }

func starCoder2() *family {
	return &family{
		name: "starcoder2", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: starCoder2Keys,
		once: biased(llamaOnce(), "output_norm"),
		stacks: blocks("layers.%d.", table(`
	attn_norm    input_layernorm           hidden_size                              bias
	attn_q       self_attn.q_proj          num_attention_heads*head_dim,hidden_size
	attn_k       self_attn.k_proj          num_key_value_heads*head_dim,hidden_size
	attn_v       self_attn.v_proj          num_key_value_heads*head_dim,hidden_size
	attn_output  self_attn.o_proj          hidden_size,num_attention_heads*head_dim
	ffn_norm     post_attention_layernorm  hidden_size                              bias
	ffn_up       mlp.c_fc                  intermediate_size,hidden_size
	ffn_down     mlp.c_proj                hidden_size,intermediate_size
`)),
	}
}

func starCoder2Keys(c *config) {
	c.windowAsContext()
	c.groupedHeads()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "norm_epsilon"))
	c.activation([]string{"hidden_act"}, "gelu_pytorch_tanh", "gelu_new", "gelu")
	c.rope(c.sizes["head_dim"], 10000)
}

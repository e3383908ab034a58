package hf

// GPT-2: learned positions, LayerNorm with biases, and matrices that are stored as
// [input, output].
// Source: llama.cpp conversion/gpt2.py; transformers models/gpt2.
func init() { register(gpt2, "GPT2LMHeadModel") }

func gpt2() *family {
	return &family{
		name: "gpt2", prefixes: []string{"transformer.", ""}, head: "lm_head", tied: true,
		keys: gpt2Keys,
		once: table(`
	token_embd     wte   vocab_size,hidden_size
	position_embd  wpe   max_position_embeddings,hidden_size  f32
	output_norm    ln_f  hidden_size                          bias
`),
		stacks: blocks("h.%d.", table(`
	attn_norm    ln_1         hidden_size                bias
	attn_qkv     attn.c_attn  hidden_size,3*hidden_size  bias transpose
	attn_output  attn.c_proj  hidden_size,hidden_size    bias transpose
	ffn_norm     ln_2         hidden_size                bias
	ffn_up       mlp.c_fc     hidden_size,n_inner        bias transpose
	ffn_down     mlp.c_proj   n_inner,hidden_size        bias transpose
`)),
	}
}

func gpt2Keys(c *config) {
	c.common()
	c.setUint("feed_forward_length", c.size(4*c.sizes["hidden_size"], "n_inner"))
	c.setUint("attention.head_count_kv", c.sizes["num_attention_heads"])
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_epsilon"))
	c.activation([]string{"activation_function"}, "gelu_new", "gelu", "gelu_pytorch_tanh")
	if !c.boolean("scale_attn_weights", true) || c.boolean("scale_attn_by_inverse_layer_idx", false) {
		c.unsupported("scale_attn_weights off or scale_attn_by_inverse_layer_idx on")
	}
}

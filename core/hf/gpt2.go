package hf

// GPT-2: learned positions, LayerNorm with biases, and matrices that are stored as
// [input, output].
// Source: llama.cpp conversion/gpt2.py; transformers models/gpt2.
func init() {
	turn := change{transpose: true}
	register(&family{
		name: "gpt2", prefixes: []string{"transformer.", ""}, head: "lm_head", tied: true,
		keys: gpt2Keys,
		once: []rule{
			{to: "token_embd", from: "wte", dims: "vocab_size,hidden_size"},
			{to: "position_embd", from: "wpe", dims: "max_position_embeddings,hidden_size", change: change{f32: true}},
			{to: "output_norm", from: "ln_f", dims: "hidden_size", bias: true},
		},
		stacks: blocks("h.%d.", []rule{
			{to: "attn_norm", from: "ln_1", dims: "hidden_size", bias: true},
			{to: "attn_qkv", from: "attn.c_attn", dims: "hidden_size,3*hidden_size", change: turn, bias: true},
			{to: "attn_output", from: "attn.c_proj", dims: "hidden_size,hidden_size", change: turn, bias: true},
			{to: "ffn_norm", from: "ln_2", dims: "hidden_size", bias: true},
			{to: "ffn_up", from: "mlp.c_fc", dims: "hidden_size,n_inner", change: turn, bias: true},
			{to: "ffn_down", from: "mlp.c_proj", dims: "n_inner,hidden_size", change: turn, bias: true},
		}),
	}, "GPT2LMHeadModel")
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

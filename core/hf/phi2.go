package hf

// Phi-1, 1.5 and 2: attention and network side by side behind one norm, biases
// everywhere, rotation of a part of each head. GGUF has query, key and value in one
// matrix.
// Source: llama.cpp conversion/phi.py; transformers models/phi.
func init() { register(phi2, "PhiForCausalLM") }

func phi2() *family {
	return &family{
		name: "phi2", prefixes: []string{"model."}, head: "lm_head",
		keys: phi2Keys,
		once: table(`
	token_embd   embed_tokens     vocab_size,hidden_size
	output_norm  final_layernorm  hidden_size             bias
`),
		stacks: blocks("layers.%d.", table(`
	attn_norm    input_layernorm                                     hidden_size                    bias
	attn_qkv     self_attn.q_proj+self_attn.k_proj+self_attn.v_proj  hidden_size,hidden_size        out=3*hidden_size,hidden_size bias
	attn_output  self_attn.dense                                     hidden_size,hidden_size        bias
	ffn_up       mlp.fc1                                             intermediate_size,hidden_size  bias
	ffn_down     mlp.fc2                                             hidden_size,intermediate_size  bias
`)),
	}
}

func phi2Keys(c *config) {
	c.groupedHeads()
	c.only("num_key_value_heads", c.sizes["num_attention_heads"])
	c.only("qk_layernorm", false)
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_eps"))
	c.activation([]string{"hidden_act"}, "gelu_new", "gelu_pytorch_tanh", "gelu")
	c.rope(c.rotaryPart(0.5, "partial_rotary_factor"), 10000)
}

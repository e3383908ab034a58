package hf

// Phi-1, 1.5 and 2: attention and network side by side behind one norm, biases
// everywhere, rotation of a part of each head. GGUF has query, key and value in one
// matrix.
// Source: llama.cpp conversion/phi.py; transformers models/phi.
func init() {
	register(&family{
		name: "phi2", prefixes: []string{"model."}, head: "lm_head",
		keys: phi2Keys,
		once: []rule{
			{to: "token_embd", from: "embed_tokens", dims: "vocab_size,hidden_size"},
			{to: "output_norm", from: "final_layernorm", dims: "hidden_size", bias: true},
		},
		stacks: blocks("layers.%d.", []rule{
			{to: "attn_norm", from: "input_layernorm", dims: "hidden_size", bias: true},
			{to: "attn_qkv", from: "self_attn.q_proj+self_attn.k_proj+self_attn.v_proj", dims: "hidden_size,hidden_size", out: "3*hidden_size,hidden_size", bias: true},
			{to: "attn_output", from: "self_attn.dense", dims: "hidden_size,hidden_size", bias: true},
			{to: "ffn_up", from: "mlp.fc1", dims: "intermediate_size,hidden_size", bias: true},
			{to: "ffn_down", from: "mlp.fc2", dims: "hidden_size,intermediate_size", bias: true},
		}),
	}, "PhiForCausalLM")
}

func phi2Keys(c *config) {
	c.groupedHeads()
	c.only("num_key_value_heads", c.sizes["num_attention_heads"])
	c.only("qk_layernorm", false)
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_eps"))
	c.activation([]string{"hidden_act"}, "gelu_new", "gelu_pytorch_tanh", "gelu")
	c.rope(c.rotaryPart(0.5, "partial_rotary_factor"), 10000)
}

package hf

// StarCoder2: Llama's attention with biases and LayerNorm, and a network with GELU.
// Source: llama.cpp conversion/starcoder.py; transformers models/starcoder2.
func init() {
	var rules []rule
	for _, r := range withoutNetwork(llamaBlocks(change{})) {
		r.bias = r.to == "attn_norm" || r.to == "ffn_norm"
		rules = append(rules, r)
	}
	register(&family{
		name: "starcoder2", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: starCoder2Keys,
		once: []rule{
			{to: "token_embd", from: "embed_tokens", dims: "vocab_size,hidden_size"},
			{to: "output_norm", from: "norm", dims: "hidden_size", bias: true},
		},
		stacks: blocks("layers.%d.", append(rules,
			rule{to: "ffn_up", from: "mlp.c_fc", dims: "intermediate_size,hidden_size"},
			rule{to: "ffn_down", from: "mlp.c_proj", dims: "hidden_size,intermediate_size"},
		)),
	}, "Starcoder2ForCausalLM")
}

func starCoder2Keys(c *config) {
	c.windowAsContext()
	c.groupedHeads()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "norm_epsilon"))
	c.activation([]string{"hidden_act"}, "gelu_pytorch_tanh", "gelu_new", "gelu")
	c.rope(c.sizes["head_dim"], 10000)
}

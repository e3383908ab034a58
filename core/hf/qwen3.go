package hf

// Qwen3: Qwen2 without biases, with a norm of each head of query and key.
// Source: llama.cpp conversion/qwen.py; transformers models/qwen3.
func init() {
	register(&family{
		name: "qwen3", prefixes: []string{"model.", ""}, head: "lm_head",
		keys: qwenKeys, once: llamaOnce, stacks: blocks("layers.%d.", qwen3Blocks()),
	}, "Qwen3ForCausalLM")
}

// qwen3Blocks are Llama's with the norms.
func qwen3Blocks() []rule {
	return append(llamaBlocks(change{}),
		rule{to: "attn_q_norm", from: "self_attn.q_norm", dims: "head_dim"},
		rule{to: "attn_k_norm", from: "self_attn.k_norm", dims: "head_dim"},
	)
}

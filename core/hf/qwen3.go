package hf

// Qwen3: Qwen2 without biases, with a norm of each head of query and key.
// Source: llama.cpp conversion/qwen.py; transformers models/qwen3.
func init() { register(qwen3, "Qwen3ForCausalLM") }

func qwen3() *family {
	return &family{
		name: "qwen3", prefixes: []string{"model.", ""}, head: "lm_head",
		keys: qwenKeys, once: llamaOnce(), stacks: blocks("layers.%d.", qwen3Blocks()),
	}
}

// qwen3Blocks are Llama's with the norms.
func qwen3Blocks() []rule {
	return append(llamaBlocks(), table(`
	attn_q_norm  self_attn.q_norm  head_dim
	attn_k_norm  self_attn.k_norm  head_dim
`)...)
}

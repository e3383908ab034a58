package hf

// Qwen2 and Qwen2.5: Llama with biases of query, key and value, and pairs half a
// head apart.
// Source: llama.cpp conversion/qwen.py; transformers models/qwen2.
func init() { register(qwen2, "Qwen2ForCausalLM") }

func qwen2() *family {
	return &family{
		name: "qwen2", prefixes: []string{"model.", ""}, head: "lm_head",
		keys: qwenKeys, once: llamaOnce(), stacks: blocks("layers.%d.", qwen2Blocks()),
	}
}

// qwen2Blocks are Llama's with the biases.
func qwen2Blocks() []rule { return biased(llamaBlocks(), "attn_q", "attn_k", "attn_v") }

func qwenKeys(c *config) {
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.sizes["head_dim"], 10000)
	if c.boolean("use_sliding_window", false) {
		c.unsupported("use_sliding_window")
	}
}

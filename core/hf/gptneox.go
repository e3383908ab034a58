package hf

// GPT-NeoX and Pythia: query, key and value of each head after each other in one
// matrix, which GGUF has as all queries, all keys, all values.
// Source: llama.cpp conversion/gptneox.py; transformers models/gpt_neox.
func init() {
	register(&family{
		name: "gptneox", prefixes: []string{"gpt_neox.", ""}, head: "embed_out",
		keys: neoxKeys,
		once: []rule{
			{to: "token_embd", from: "embed_in", dims: "vocab_size,hidden_size"},
			{to: "output_norm", from: "final_layer_norm", dims: "hidden_size", bias: true},
		},
		stacks: blocks("layers.%d.", []rule{
			{to: "attn_norm", from: "input_layernorm", dims: "hidden_size", bias: true},
			{to: "attn_qkv", from: "attention.query_key_value", dims: "3*hidden_size,hidden_size", change: change{rows: headsApart}, bias: true},
			{to: "attn_output", from: "attention.dense", dims: "hidden_size,hidden_size", bias: true},
			{to: "ffn_norm", from: "post_attention_layernorm", dims: "hidden_size", bias: true},
			{to: "ffn_up", from: "mlp.dense_h_to_4h", dims: "intermediate_size,hidden_size", bias: true},
			{to: "ffn_down", from: "mlp.dense_4h_to_h", dims: "hidden_size,intermediate_size", bias: true},
		}),
	}, "GPTNeoXForCausalLM")
}

func neoxKeys(c *config) {
	c.common()
	c.setUint("feed_forward_length", c.size(0, "intermediate_size"))
	heads := c.sizes["num_attention_heads"]
	c.setUint("attention.head_count_kv", heads)
	head := max(1, c.sizes["hidden_size"]/heads)
	if head*heads != c.sizes["hidden_size"] {
		c.fail("hidden_size %d is no multiple of num_attention_heads %d", c.sizes["hidden_size"], heads)
	}
	c.sizes["head_dim"] = head
	c.rope(c.rotaryPart(0.25, "rotary_pct"), 10000)
	c.setBool("use_parallel_residual", c.boolean("use_parallel_residual", true))
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_eps"))
	c.activation([]string{"hidden_act"}, "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh")
}

// headsApart finds a row of all queries, all keys, all values among the heads,
// each of which has its query, its key and its value.
func headsApart(c *config, row int) int {
	head := int(c.sizes["head_dim"])
	width := int(c.sizes["hidden_size"])
	part, h, i := row/width, row%width/head, row%head
	return h*3*head + part*head + i
}

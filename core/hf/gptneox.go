package hf

// GPT-NeoX and Pythia: query, key and value of each head after each other in one
// matrix, which GGUF has as all queries, all keys, all values.
// Source: llama.cpp conversion/gptneox.py; transformers models/gpt_neox.
func init() { register(gptNeoX, "GPTNeoXForCausalLM") }

func gptNeoX() *family {
	rules := table(`
	attn_norm    input_layernorm            hidden_size                    bias
	attn_qkv     attention.query_key_value  3*hidden_size,hidden_size      bias
	attn_output  attention.dense            hidden_size,hidden_size        bias
	ffn_norm     post_attention_layernorm   hidden_size                    bias
	ffn_up       mlp.dense_h_to_4h          intermediate_size,hidden_size  bias
	ffn_down     mlp.dense_4h_to_h          hidden_size,intermediate_size  bias
`)
	reorder(rules, headsApart, "attn_qkv")
	return &family{
		name: "gptneox", prefixes: []string{"gpt_neox.", ""}, head: "embed_out",
		keys: neoxKeys,
		once: table(`
	token_embd   embed_in          vocab_size,hidden_size
	output_norm  final_layer_norm  hidden_size             bias
`),
		stacks: blocks("layers.%d.", rules),
	}
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

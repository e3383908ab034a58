package hf

// Falcon: query, key and value in one matrix, of each key head's queries, its key and
// its value, which GGUF has as all queries, all keys, all values.
// Source: llama.cpp conversion/falcon.py; transformers models/falcon.
func init() { register(falcon, "FalconForCausalLM", "RWForCausalLM") }

func falcon() *family {
	rules := table(`
	attn_norm    input_layernorm                 hidden_size                                                                      optional
	attn_norm    ln_mlp                          hidden_size                                                                      optional
	attn_norm_2  ln_attn                         hidden_size                                                                      optional
	attn_qkv     self_attention.query_key_value  num_attention_heads*head_dim+2*num_key_value_heads*head_dim,hidden_size
	attn_output  self_attention.dense            hidden_size,num_attention_heads*head_dim
	ffn_up       mlp.dense_h_to_4h               intermediate_size,hidden_size
	ffn_down     mlp.dense_4h_to_h               hidden_size,intermediate_size
`)
	return &family{
		name: "falcon", prefixes: []string{"transformer.", ""}, head: "lm_head", tied: true,
		keys: falconKeys,
		once: table(`
	token_embd   word_embeddings  vocab_size,hidden_size
	output_norm  ln_f             hidden_size             bias
`),
		stacks: blocks("h.%d.", reorder(rules, keyHeadsApart, "attn_qkv")),
	}
}

func falconKeys(c *config) {
	c.defaults(map[string]string{"max_position_embeddings": "2048"})
	c.common()
	heads := c.sizes["num_attention_heads"]
	c.setUint("feed_forward_length", c.size(4*c.sizes["hidden_size"], "intermediate_size", "ffn_hidden_size"))
	kv := heads // in the first models, without either
	if c.boolean("new_decoder_architecture", false) {
		kv = c.size(heads, "num_kv_heads", "n_head_kv")
	} else if c.boolean("multi_query", true) {
		kv = 1
	}
	if heads%kv != 0 {
		c.fail("num_attention_heads %d is no multiple of num_kv_heads %d", heads, kv)
		return
	}
	c.sizes["num_key_value_heads"], c.sizes["head_dim"] = kv, c.sizes["hidden_size"]/heads
	c.setUint("attention.head_count_kv", kv)
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_epsilon"))
	c.activation([]string{"activation"}, "gelu", "gelu_new", "gelu_pytorch_tanh")
	c.only("alibi", false)
	if !c.boolean("new_decoder_architecture", false) {
		c.only("parallel_attn", true)
	}
	c.rope(c.sizes["head_dim"], 10000)
}

// keyHeadsApart finds a row of all queries, all keys, all values among the key heads, each
// of which has its queries, its key and its value.
func keyHeadsApart(c *config, row int) int {
	head, kv := int(c.sizes["head_dim"]), int(c.sizes["num_key_value_heads"])
	group := int(c.sizes["num_attention_heads"]) / kv
	h, i := row/head, row%head
	of, part := h/group, h%group // of a query
	if h >= group*kv {
		h -= group * kv
		of, part = h%kv, group+h/kv
	}
	return (of*(group+2)+part)*head + i
}

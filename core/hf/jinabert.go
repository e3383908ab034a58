package hf

// Jina BERT 2: BERT with ALiBi in place of learned positions, and gate and up of GeGLU in one
// matrix. That for code has norms of queries and keys, a norm more, and the gate behind
// up.
// Source: llama.cpp conversion/bert.py; modeling_bert.py of jinaai/jina-bert-implementation and
// jinaai/jina-bert-v2-qk-post-norm at Hugging Face.
func init() { register(jinaBERT, "JinaBertModel", "JinaBertForMaskedLM") }

func jinaBERT() *family {
	f := bertFamily("bert.", jinaBERTKeys)
	f.name = "jina-bert-v2"
	f.once = without(f.once, "position_embd")
	halves := [2][]rule{table(`
	ffn_gate  mlp.gated_layers    2*intermediate_size,hidden_size  out=intermediate_size,hidden_size optional
	ffn_up    mlp.up_gated_layer  2*intermediate_size,hidden_size  out=intermediate_size,hidden_size optional
`), table(`
	ffn_up    mlp.gated_layers    2*intermediate_size,hidden_size  out=intermediate_size,hidden_size optional
	ffn_gate  mlp.up_gated_layer  2*intermediate_size,hidden_size  out=intermediate_size,hidden_size optional
`)}
	second := func(c *config, row int) int { return row + int(c.sizes["intermediate_size"]) }
	rules := append(without(f.stacks[0].rules, "ffn_up", "ffn_down", "layer_output_norm"), table(`
	attn_q_norm        attention.self.layer_norm_q  hidden_size                    optional bias
	attn_k_norm        attention.self.layer_norm_k  hidden_size                    optional bias
	attn_norm_2        layer_norm_1                 hidden_size                    optional bias
	ffn_down           mlp.wo                       hidden_size,intermediate_size  optional bias
	ffn_down           mlp.down_layer               hidden_size,intermediate_size  optional bias
	layer_output_norm  mlp.layernorm                hidden_size                    optional bias
	layer_output_norm  layer_norm_2                 hidden_size                    optional bias
`)...)
	rules = append(rules, halves[0]...)
	f.stacks = blocks("encoder.layer.%d.", append(rules, reorder(halves[1], second, "ffn_up", "ffn_gate")...))
	return f
}

func jinaBERTKeys(c *config) {
	c.bert()
	c.activation([]string{"feed_forward_type"}, "geglu")
	c.activation([]string{"position_embedding_type"}, "alibi")
}

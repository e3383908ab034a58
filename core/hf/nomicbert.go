package hf

// Nomic BERT: BERT with rotation in place of learned positions, SwiGLU, and query, key
// and value in one matrix.
// Source: llama.cpp conversion/bert.py; modeling_hf_nomic_bert.py and configuration of
// nomic-ai/nomic-bert-2048 at Hugging Face.
func init() {
	register(&family{
		name: "nomic-bert", prefixes: []string{"", "bert."}, ignore: []string{"cls."},
		keys: nomicBERTKeys,
		once: []rule{
			{to: "token_embd", from: "embeddings.word_embeddings", dims: "vocab_size,hidden_size"},
			{to: "token_embd_norm", from: "emb_ln", dims: "hidden_size", bias: true},
			{to: "token_types", from: "embeddings.token_type_embeddings", dims: "type_vocab_size,hidden_size", change: change{f32: true}},
		},
		stacks: blocks("encoder.layers.%d.", []rule{
			{to: "attn_qkv", from: "attn.Wqkv", dims: "3*hidden_size,hidden_size"},
			{to: "attn_output", from: "attn.out_proj", dims: "hidden_size,hidden_size"},
			{to: "attn_output_norm", from: "norm1", dims: "hidden_size", bias: true},
			{to: "ffn_up", from: "mlp.fc11", dims: "intermediate_size,hidden_size"},
			{to: "ffn_gate", from: "mlp.fc12", dims: "intermediate_size,hidden_size"},
			{to: "ffn_down", from: "mlp.fc2", dims: "hidden_size,intermediate_size"},
			{to: "layer_output_norm", from: "norm2", dims: "hidden_size", bias: true},
		}),
	}, "NomicBertModel")
}

func nomicBERTKeys(c *config) {
	// Beyond the positions of its training, the angles would depend on the length of a
	// text (dynamic scaling).
	if trained := c.values["max_trained_positions"]; trained != nil {
		c.values["n_positions"] = trained
	}
	c.encoder()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-12, "layer_norm_epsilon"))
	c.size(2, "type_vocab_size")
	c.activation([]string{"activation_function"}, "swiglu")
	for key, want := range map[string]any{"prenorm": false, "use_rms_norm": false, "parallel_block": false,
		"rotary_emb_interleaved": false, "causal": false, "moe_every_n_layers": 0} {
		c.only(key, want)
	}
	if part := c.number(1, "rotary_emb_fraction"); part != 1 {
		c.unsupported("rotary_emb_fraction %v of a nomic-bert model", part)
	}
	c.setUint("rope.dimension_count", c.sizes["head_dim"])
	c.setFloat("rope.freq_base", c.number(1000, "rotary_emb_base"))
}

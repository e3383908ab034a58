package hf

// Nomic BERT: BERT with rotation in place of learned positions, SwiGLU, and query, key
// and value in one matrix.
// Source: llama.cpp conversion/bert.py; modeling_hf_nomic_bert.py and configuration of
// nomic-ai/nomic-bert-2048 at Hugging Face.
func init() { register(nomicBERT, "NomicBertModel") }

func nomicBERT() *family {
	return &family{
		name: "nomic-bert", prefixes: []string{"", "bert."}, ignore: []string{"cls."},
		keys: nomicBERTKeys,
		once: table(`
	token_embd       embeddings.word_embeddings        vocab_size,hidden_size
	token_embd_norm  emb_ln                            hidden_size                  bias
	token_types      embeddings.token_type_embeddings  type_vocab_size,hidden_size  f32
`),
		stacks: blocks("encoder.layers.%d.", table(`
	attn_qkv           attn.Wqkv      3*hidden_size,hidden_size
	attn_output        attn.out_proj  hidden_size,hidden_size
	attn_output_norm   norm1          hidden_size                    bias
	ffn_up             mlp.fc11       intermediate_size,hidden_size
	ffn_gate           mlp.fc12       intermediate_size,hidden_size
	ffn_down           mlp.fc2        hidden_size,intermediate_size
	layer_output_norm  norm2          hidden_size                    bias
`)),
	}
}

func nomicBERTKeys(c *config) {
	// Beyond the positions of its training, the angles would depend on the length of a
	// text (dynamic scaling).
	c.defaults(map[string]string{"max_trained_positions": "2048"})
	c.values["max_position_embeddings"] = c.values["max_trained_positions"]
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
	if c.values["rotary_emb_scale_base"] != nil {
		c.unsupported("rotary_emb_scale_base of a nomic-bert model")
	}
	c.rope(c.sizes["head_dim"], 1000)
}

package hf

// DistilBERT: BERT with other names, and without types of token. GGUF calls it BERT.
// Source: llama.cpp conversion/bert.py; transformers models/distilbert.
func init() { register(distilBERT, "DistilBertModel", "DistilBertForMaskedLM") }

func distilBERT() *family {
	return &family{
		name: "bert", prefixes: []string{"", "distilbert."}, ignore: []string{"vocab_transform.", "vocab_layer_norm.", "vocab_projector."},
		keys: distilBERTKeys,
		once: table(`
	token_embd       embeddings.word_embeddings      vocab_size,hidden_size
	token_embd_norm  embeddings.LayerNorm            hidden_size                          bias
	position_embd    embeddings.position_embeddings  max_position_embeddings,hidden_size  f32
`),
		stacks: blocks("transformer.layer.%d.", table(`
	attn_q             attention.q_lin    hidden_size,hidden_size        bias
	attn_k             attention.k_lin    hidden_size,hidden_size        bias
	attn_v             attention.v_lin    hidden_size,hidden_size        bias
	attn_output        attention.out_lin  hidden_size,hidden_size        bias
	attn_output_norm   sa_layer_norm      hidden_size                    bias
	ffn_up             ffn.lin1           intermediate_size,hidden_size  bias
	ffn_down           ffn.lin2           hidden_size,intermediate_size  bias
	layer_output_norm  output_layer_norm  hidden_size                    bias
`)),
	}
}

func distilBERTKeys(c *config) {
	for own, name := range map[string]string{"dim": "hidden_size", "n_layers": "num_hidden_layers", "n_heads": "num_attention_heads", "hidden_dim": "intermediate_size"} {
		if c.values[name] == nil {
			c.values[name] = c.values[own]
		}
	}
	c.defaults(map[string]string{"max_position_embeddings": "512"})
	c.encoder()
	c.setFloat("attention.layer_norm_epsilon", 1e-12)
	c.activation([]string{"activation"}, "gelu")
}

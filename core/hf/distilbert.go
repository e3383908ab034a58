package hf

import "github.com/gander-lm/gander/core/files"

// DistilBERT: BERT with other names, and without types of token. GGUF calls it BERT.
// Source: llama.cpp conversion/bert.py; transformers models/distilbert.
func init() {
	register(&family{
		name: "bert", prefixes: []string{"", "distilbert."}, ignore: []string{"vocab_transform.", "vocab_layer_norm.", "vocab_projector."},
		keys: distilBERTKeys,
		once: []rule{
			{to: "token_embd", from: "embeddings.word_embeddings", dims: "vocab_size,hidden_size"},
			{to: "token_embd_norm", from: "embeddings.LayerNorm", dims: "hidden_size", bias: true},
			{to: "position_embd", from: "embeddings.position_embeddings", dims: "max_position_embeddings,hidden_size", change: change{f32: true}},
		},
		stacks: blocks("transformer.layer.%d.", []rule{
			{to: "attn_q", from: "attention.q_lin", dims: "hidden_size,hidden_size", bias: true},
			{to: "attn_k", from: "attention.k_lin", dims: "hidden_size,hidden_size", bias: true},
			{to: "attn_v", from: "attention.v_lin", dims: "hidden_size,hidden_size", bias: true},
			{to: "attn_output", from: "attention.out_lin", dims: "hidden_size,hidden_size", bias: true},
			{to: "attn_output_norm", from: "sa_layer_norm", dims: "hidden_size", bias: true},
			{to: "ffn_up", from: "ffn.lin1", dims: "intermediate_size,hidden_size", bias: true},
			{to: "ffn_down", from: "ffn.lin2", dims: "hidden_size,intermediate_size", bias: true},
			{to: "layer_output_norm", from: "output_layer_norm", dims: "hidden_size", bias: true},
		}),
	}, "DistilBertModel", "DistilBertForMaskedLM")
}

func distilBERTKeys(c *config) {
	for own, name := range map[string]string{"dim": "hidden_size", "n_layers": "num_hidden_layers", "n_heads": "num_attention_heads", "hidden_dim": "intermediate_size"} {
		if c.values[name] == nil {
			c.values[name] = c.values[own]
		}
	}
	if c.values["max_position_embeddings"] == nil { // as transformers' DistilBertConfig
		c.values["max_position_embeddings"] = files.Number("512")
	}
	c.encoder()
	c.setFloat("attention.layer_norm_epsilon", 1e-12)
	c.activation([]string{"activation"}, "gelu")
}

package hf

// ModernBERT: rotation, GeGLU, norms before the halves of a block but for the first
// block's attention; layers but every third have windows and another base of rotation.
// Source: llama.cpp conversion/bert.py; transformers models/modernbert.
func init() { register(modernBERT, "ModernBertModel", "ModernBertForMaskedLM") }

func modernBERT() *family {
	return &family{
		name: "modern-bert", prefixes: []string{"", "model."}, ignore: []string{"head.", "decoder.", "classifier."},
		keys: modernBERTKeys,
		once: table(`
	token_embd       embeddings.tok_embeddings  vocab_size,hidden_size
	token_embd_norm  embeddings.norm            hidden_size
	output_norm      final_norm                 hidden_size
`),
		stacks: blocks("layers.%d.", table(`
	attn_norm    attn_norm  hidden_size                      optional
	attn_qkv     attn.Wqkv  3*hidden_size,hidden_size
	attn_output  attn.Wo    hidden_size,hidden_size
	ffn_norm     mlp_norm   hidden_size
	ffn_up       mlp.Wi     2*intermediate_size,hidden_size
	ffn_down     mlp.Wo     hidden_size,intermediate_size
`)),
	}
}

func modernBERTKeys(c *config) {
	c.encoder()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "norm_eps", "layer_norm_eps"))
	c.activation([]string{"hidden_activation"}, "gelu")
	c.only("global_attn_every_n_layers", 3)
	c.onlyWindows(func(i int) bool { return i%3 != 0 })
	c.setUint("attention.sliding_window", c.size(128, "local_attention"))
	c.rope(c.sizes["head_dim"], c.number(160000, "global_rope_theta"))
	c.setFloat("rope.freq_base_swa", c.localBase(c.number(10000, "local_rope_theta")))
}

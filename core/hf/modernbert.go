package hf

// ModernBERT: rotation, GeGLU, norms before the halves of a block but for the first
// block's attention; layers but every third have windows and another base of rotation.
// Source: llama.cpp conversion/bert.py; transformers models/modernbert.
func init() {
	register(&family{
		name: "modern-bert", prefixes: []string{"", "model."}, ignore: []string{"head.", "decoder.", "classifier."},
		keys: modernBERTKeys,
		once: []rule{
			{to: "token_embd", from: "embeddings.tok_embeddings", dims: "vocab_size,hidden_size"},
			{to: "token_embd_norm", from: "embeddings.norm", dims: "hidden_size"},
			{to: "output_norm", from: "final_norm", dims: "hidden_size"},
		},
		stacks: blocks("layers.%d.", []rule{
			{to: "attn_norm", from: "attn_norm", dims: "hidden_size", optional: true},
			{to: "attn_qkv", from: "attn.Wqkv", dims: "3*hidden_size,hidden_size"},
			{to: "attn_output", from: "attn.Wo", dims: "hidden_size,hidden_size"},
			{to: "ffn_norm", from: "mlp_norm", dims: "hidden_size"},
			{to: "ffn_up", from: "mlp.Wi", dims: "2*intermediate_size,hidden_size"},
			{to: "ffn_down", from: "mlp.Wo", dims: "hidden_size,intermediate_size"},
		}),
	}, "ModernBertModel", "ModernBertForMaskedLM")
}

func modernBERTKeys(c *config) {
	c.encoder()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "norm_eps", "layer_norm_eps"))
	c.activation([]string{"hidden_activation"}, "gelu")
	c.only("global_attn_every_n_layers", 3)
	for i, window := range c.windows(func(i int) bool { return i%3 != 0 }) {
		if window != (i%3 != 0) {
			c.unsupported("windows in other layers of a modern-bert model than all but every third")
		}
	}
	c.setUint("attention.sliding_window", c.size(128, "local_attention", "sliding_window"))
	c.rope(c.sizes["head_dim"], c.number(160000, "global_rope_theta"))
	c.setFloat("rope.freq_base_swa", c.localBase(c.number(10000, "local_rope_theta")))
}

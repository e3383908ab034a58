package hf

// Gemma 3: Gemma 2 with norms of query and key in place of the caps, and five
// layers with a window for each without. Of a model that also sees, the part that
// reads and writes text is taken.
// Source: llama.cpp conversion/gemma.py; transformers models/gemma3.
func init() { register(gemma3, "Gemma3ForCausalLM", "Gemma3ForConditionalGeneration") }

func gemma3() *family {
	return &family{
		name: "gemma3", prefixes: []string{"model.", "language_model.model.", "model.language_model."}, head: "lm_head", tied: true,
		ignore: []string{"vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."},
		keys:   gemma3Keys, once: gemmaNorms(llamaOnce()),
		stacks: blocks("layers.%d.", gemma3Blocks()),
	}
}

// gemma3Blocks are Gemma 2's with the norms of query and key.
func gemma3Blocks() []rule {
	return gemmaNorms(append(gemma2Blocks(), table(`
	attn_q_norm  self_attn.q_norm  head_dim
	attn_k_norm  self_attn.k_norm  head_dim
`)...))
}

func gemma3Keys(c *config) {
	// The files of the larger models leave these out.
	c.defaults(map[string]string{"num_attention_heads": "8", "num_key_value_heads": "4", "head_dim": "256",
		"max_position_embeddings": "131072", "vocab_size": "262208"})
	c.grouped()
	c.activation([]string{"hidden_activation", "hidden_act"}, "gelu", "gelu_pytorch_tanh")
	c.rope(c.sizes["head_dim"], 1000000)
	c.setUint("attention.sliding_window", c.size(4096, "sliding_window"))
	c.setFloat("rope.freq_base_swa", c.localBase(c.number(10000, "rope_local_base_freq")))
	if cap := c.number(0, "final_logit_softcapping"); cap > 0 {
		c.setFloat("final_logit_softcapping", cap)
	}
	if c.number(0, "attn_logit_softcapping") > 0 {
		c.unsupported("attn_logit_softcapping of a gemma3 model")
	}
	if pattern := c.size(6, "sliding_window_pattern", "_sliding_window_pattern"); pattern != 6 {
		c.unsupported("sliding_window_pattern %d of a gemma3 model (supported is 6)", pattern)
	}
	head := float64(c.sizes["head_dim"])
	want := head
	if c.sizes["num_hidden_layers"] == gemma3Largest {
		want = float64(c.sizes["hidden_size"]) / float64(c.sizes["num_attention_heads"])
	}
	if scale := c.number(want, "query_pre_attn_scalar"); scale != want {
		c.unsupported("query_pre_attn_scalar %v of a gemma3 model of %d layers (supported is %v)", scale, c.sizes["num_hidden_layers"], want)
	}
}

// gemma3Largest is how many layers Gemma 3 27B has.
const gemma3Largest = 62

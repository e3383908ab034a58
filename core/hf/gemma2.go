package hf

// Gemma 2: Gemma with norms after attention and feed-forward network too, caps on
// scores and logits, and a window in every second layer.
// Source: llama.cpp conversion/gemma.py; transformers models/gemma2.
func init() { register(gemma2, "Gemma2ForCausalLM") }

func gemma2() *family {
	return &family{
		name: "gemma2", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: gemma2Keys, once: gemmaNorms(llamaOnce()), stacks: blocks("layers.%d.", gemmaNorms(gemma2Blocks())),
	}
}

func gemma2Keys(c *config) {
	gemmaKeys(c)
	c.setFloat("attn_logit_softcapping", c.number(50, "attn_logit_softcapping"))
	c.setFloat("final_logit_softcapping", c.number(30, "final_logit_softcapping"))
	c.setUint("attention.sliding_window", c.size(4096, "sliding_window"))
	// GGUF has no key for the scale: llama.cpp takes that of the head for all sizes
	// but the largest, whose scale is that of hidden_size/heads.
	head, perHead := float64(c.sizes["head_dim"]), float64(c.sizes["hidden_size"])/float64(c.sizes["num_attention_heads"])
	want := head
	if c.sizes["num_hidden_layers"] == gemma2Largest {
		want = perHead
	}
	if scale := c.number(want, "query_pre_attn_scalar"); scale != want {
		c.unsupported("query_pre_attn_scalar %v of a gemma2 model of %d layers (supported is %v)", scale, c.sizes["num_hidden_layers"], want)
	}
}

// gemma2Largest is how many layers Gemma 2 27B has.
const gemma2Largest = 46

// gemma2Blocks are the tensors of a block with norms on both sides.
func gemma2Blocks() []rule {
	rules := llamaBlocks()
	for i := range rules {
		if rules[i].to == "ffn_norm" {
			rules[i].from = "pre_feedforward_layernorm"
		}
	}
	return append(rules, table(`
	post_attention_norm  post_attention_layernorm    hidden_size
	post_ffw_norm        post_feedforward_layernorm  hidden_size
`)...)
}

package hf

// Command R: attention and network side by side behind one LayerNorm without bias,
// logits times a factor. Command R+ has a norm for each head of query and key.
// Source: llama.cpp conversion/command_r.py; transformers models/cohere.
func init() { register(commandR, "CohereForCausalLM") }

func commandR() *family {
	return &family{
		name: "command-r", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: commandRKeys, once: llamaOnce(),
		stacks: blocks("layers.%d.", append(commandRBlocks(), table(`
	attn_q_norm  self_attn.q_norm  num_attention_heads,head_dim  optional f32
	attn_k_norm  self_attn.k_norm  num_key_value_heads,head_dim  optional f32
`)...)),
	}
}

func commandRKeys(c *config) {
	if c.values["model_max_length"] != nil { // its max_position_embeddings is that of its tests
		c.values["max_position_embeddings"] = c.values["model_max_length"]
	}
	c.cohere(0.0625)
	c.rope(c.sizes["head_dim"], 10000)
	c.w.Set(c.prefix+"rope.scaling.type", "none")
}

// cohere sets what both generations have.
func (c *config) cohere(logitScale float64) {
	c.groupedHeads()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-5, "layer_norm_eps"))
	c.setFloat("logit_scale", c.number(logitScale, "logit_scale"))
	c.activation([]string{"hidden_act"}, "silu")
}

// commandRBlocks are Llama's without the second norm.
func commandRBlocks() []rule { return without(llamaBlocks(), "ffn_norm") }

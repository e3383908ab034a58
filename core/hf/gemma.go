package hf

// Gemma: Llama with pairs half a head apart, GELU in place of SiLU, and norms that
// are stored less one.
// Source: llama.cpp conversion/gemma.py; transformers models/gemma.
func init() { register(gemma, "GemmaForCausalLM") }

func gemma() *family {
	return &family{
		name: "gemma", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: gemmaKeys, once: gemmaNorms(llamaOnce()), stacks: blocks("layers.%d.", gemmaNorms(llamaBlocks())),
	}
}

func gemmaKeys(c *config) {
	if c.values["head_dim"] == nil {
		c.fail(`"head_dim" is missing`)
	}
	c.grouped()
	c.activation([]string{"hidden_activation", "hidden_act"}, "gelu", "gelu_pytorch_tanh")
	c.rope(c.sizes["head_dim"], 10000)
}

// gemmaNorms adds one to the norms among some rules.
func gemmaNorms(rules []rule) []rule {
	out := append([]rule(nil), rules...)
	for i := range out {
		switch out[i].to {
		case "output_norm", "attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm", "attn_q_norm", "attn_k_norm":
			out[i].change.plusOne = true
		}
	}
	return out
}

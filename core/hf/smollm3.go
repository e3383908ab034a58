package hf

import "github.com/gander-lm/gander/core/files"

// SmolLM3: Llama, without rotation in every fourth layer.
// Source: llama.cpp conversion/smollm.py; transformers models/smollm3.
func init() { register(smolLM3, "SmolLM3ForCausalLM") }

func smolLM3() *family {
	return &family{
		name: "smollm3", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: smolLM3Keys, once: llamaOnce(), stacks: blocks("layers.%d.", reorder(llamaBlocks(), adjacentPairs, "attn_q", "attn_k")),
	}
}

func smolLM3Keys(c *config) {
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.sizes["head_dim"], 2000000)
	c.only("use_sliding_window", false)
	c.only("no_rope_layer_interval", 4)
	layers, _ := c.values["no_rope_layers"].([]any)
	for i, rotates := range layers {
		if (i%4 == 3) != (rotates == files.Number("0")) {
			c.unsupported("no_rope_layers %v of a smollm3 model (supported is every fourth)", layers)
		}
	}
}

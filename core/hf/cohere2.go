package hf

// Cohere 2, of Command R7B: Command R with windows in all layers but every fourth, which
// don't rotate.
// Source: llama.cpp conversion/command_r.py; transformers models/cohere2.
func init() { register(cohere2, "Cohere2ForCausalLM") }

func cohere2() *family {
	return &family{
		name: "cohere2", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: cohere2Keys, once: llamaOnce(), stacks: blocks("layers.%d.", commandRBlocks()),
	}
}

func cohere2Keys(c *config) {
	c.cohere(0.0625)
	c.only("use_qk_norm", false)
	c.rope(c.rotaryPart(1, "rotary_pct"), 10000)
	c.setUint("attention.sliding_window", c.size(4096, "sliding_window"))
	c.only("sliding_window_pattern", 4)
	c.onlyWindows(func(i int) bool { return i%4 != 3 })
}

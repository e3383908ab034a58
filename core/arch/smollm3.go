// SmolLM3 decoder: that of Llama, without rotation in every fourth layer.
// Paper: for layers without positions, arXiv:2501.18795. Reference: transformers models/smollm3/modeling_smollm3.py; llama.cpp src/models/smollm3.cpp.

package arch

func init() { register("smollm3", newSmolLM3) }

func newSmolLM3(c *Config, _ *keys) (Decoder, error) {
	for i := range c.Layers {
		if i%4 == 3 {
			c.Layers[i].RoPE = nil
		}
	}
	return makeLlama(c)
}

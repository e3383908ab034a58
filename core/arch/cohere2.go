// Cohere 2 decoder, of Command R7B: that of Command R, with windows in all layers but
// every fourth, which see everything and don't rotate.
// Reference: transformers models/cohere2/modeling_cohere2.py; llama.cpp src/models/cohere2-iswa.cpp.

package arch

func init() { register("cohere2", newCohere2) }

func newCohere2(c *Config, k *keys) (Decoder, error) {
	k.windows(c, 4096, everyBut(4))
	for i := range c.Layers {
		if c.Layers[i].Window == 0 {
			c.Layers[i].RoPE = nil
		}
	}
	return newCommandR(c, k)
}

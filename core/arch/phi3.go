// Phi-3 and Phi-4 decoder: that of Llama, with rotary pairs half a head apart, one
// tensor for query, key and value and one for gate and up; angles divided by factors
// for short or long contexts. Its sliding window is not used, as in llama.cpp.
// Papers: arXiv:2404.14219; LongRoPE, arXiv:2402.13753.
// Reference: transformers models/phi3/modeling_phi3.py; llama.cpp src/models/phi3.cpp.

package arch

func init() { register("phi3", newPhi3) }

func newPhi3(c *Config, _ *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	return makeLlama(c)
}

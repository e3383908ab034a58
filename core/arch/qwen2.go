// Qwen2 decoder: that of Llama, with rotary pairs half a head apart and biases of
// query, key and value, which are found in the file.
// Paper: arXiv:2407.10671. Reference: transformers models/qwen2/modeling_qwen2.py; llama.cpp src/models/qwen2.cpp.

package arch

func init() { register("qwen2", newQwen2) }

func newQwen2(c *Config, _ *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	return makeLlama(c)
}

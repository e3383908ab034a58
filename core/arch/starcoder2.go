// StarCoder2 decoder: the sequential form of GPT-NeoX, with grouped-query attention.
// Paper: arXiv:2402.19173. Reference: transformers models/starcoder2/modeling_starcoder2.py; llama.cpp src/models/starcoder2.cpp.

package arch

func init() { register("starcoder2", newStarCoder2) }

func newStarCoder2(c *Config, _ *keys) (Decoder, error) { return makeGPTNeoX(c, false) }

// Granite MoE decoder: that of Granite, with a mixture of experts for the feed-forward
// network.
// Reference: transformers models/granitemoe/modeling_granitemoe.py; llama.cpp src/models/granite.cpp.

package arch

func init() { register("granitemoe", newGraniteMoE) }

func newGraniteMoE(c *Config, k *keys) (Decoder, error) {
	graniteConstants(c, k)
	return newMixtral(c, k)
}

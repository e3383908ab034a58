// Mistral 3 decoder: that of Llama, with a scale of the queries that grows beyond
// the original context.
// Reference: transformers models/ministral3/modeling_ministral3.py; llama.cpp src/models/mistral3.cpp.

package arch

import "math"

func init() { register("mistral3", newMistral3) }

func newMistral3(c *Config, k *keys) (Decoder, error) {
	m, err := makeLlama(c)
	if err != nil {
		return nil, err
	}
	if beta := k.number("attention.temperature_scale", 0); beta != 0 {
		m.queryScale = func(position int) float32 {
			return float32(1 + beta*math.Log(float64(1+position/c.RoPE.OriginalContext)))
		}
	}
	return m, nil
}

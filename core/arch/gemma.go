// Gemma decoder: that of Llama, with rotary pairs half a head apart, GELU in the gate
// of the feed-forward network, and embeddings times the root of their width. The +1
// of its norms is in the file's weights.
// Paper: arXiv:2403.08295. Reference: transformers models/gemma/modeling_gemma.py; llama.cpp src/models/gemma.cpp.

package arch

import (
	"math"

	"github.com/gander-lm/gander/core/nn"
)

func init() { register("gemma", newGemma) }

func newGemma(c *Config, _ *keys) (Decoder, error) {
	gemmaConstants(c)
	return makeLlama(c)
}

// gemmaConstants sets what all generations have.
func gemmaConstants(c *Config) {
	c.RoPE.NeoX = true
	c.EmbeddingScale = float32(math.Sqrt(float64(c.HiddenSize)))
	c.Gate = nn.GeGLU
}

// gemmaLargeScale is the scale of the scores in the largest models, where it is not
// that of the head size but of the width divided by the heads. Files don't say it;
// as in llama.cpp, the number of layers does.
func gemmaLargeScale(c *Config, layers int) {
	if c.NumLayers == layers {
		c.AttnScale = float32(1 / math.Sqrt(float64(c.HiddenSize)/float64(c.NumHeads)))
	}
}

// The encoder of T5 alone, for embeddings.
// Paper: arXiv:1910.10683; as sentence embeddings, arXiv:2108.08877.
// Reference: llama.cpp src/models/t5encoder.cpp.

package arch

func init() { register("t5encoder", newT5EncoderModel) }

type t5EncoderModel struct {
	decoder
	Encoder t5Encoder `gguf:"enc"`
}

func newT5EncoderModel(c *Config, k *keys) (Decoder, error) {
	c.Encoder = true
	m := &t5EncoderModel{Encoder: newT5Encoder(c, k, c.NumLayers)}
	m.decoder = newDecoder(c)
	return m, nil
}

// Forward runs a whole text.
func (m *t5EncoderModel) Forward(b *Batch) {
	x := m.Encoder.run(b, &m.decoder, b.Cache.Layer)
	m.finish(b, x, &m.Encoder.Norm)
}

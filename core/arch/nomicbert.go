// Nomic BERT encoder: BERT with rotation in place of learned positions, SwiGLU, and
// without biases but those of the norms.
// Paper: arXiv:2402.01613. Reference: modeling_hf_nomic_bert.py of nomic-ai/nomic-bert-2048
// at Hugging Face; llama.cpp src/models/bert.cpp.

package arch

func init() { register("nomic-bert", newNomicBERT) }

type nomicBERT struct {
	encoder
	rotary
	Blocks []nomicBERTBlock `gguf:"blk"`
}

type nomicBERTBlock struct {
	selfAttention
	gatedFFN
	postNorms
}

func newNomicBERT(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	return &nomicBERT{encoder: newEncoder(c, k), Blocks: make([]nomicBERTBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *nomicBERT) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	m.EmbedNorm.Forward(x, x)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		qkv := block.project(b, x)
		m.rotate(&m.decoder, b, i, qkv)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = block.addAttention(b, &m.decoder, i, x, h)

		block.feedForward(b.Context, m.c, h)
		block.addFFN(b, &m.decoder, i, x, h)
	}
	m.finish(b, x)
}

// BERT encoder, also RoBERTa's: learned positions, norms behind the halves of a block,
// GELU, biases everywhere. RoBERTa's first two positions are no text's, and a file
// leaves them out.
// Paper: arXiv:1810.04805; RoBERTa, arXiv:1907.11692. Reference: transformers
// models/bert/modeling_bert.py; llama.cpp src/models/bert.cpp.

package arch

func init() { register("bert", newBERT) }

type bert struct {
	encoder
	learnedPositions
	Blocks []bertBlock `gguf:"blk"`
}

type bertBlock struct {
	selfAttention
	geluFFN
	postNorms
}

func newBERT(c *Config, k *keys) (Decoder, error) {
	c.MaxContext = c.ContextLength
	return &bert{encoder: newEncoder(c, k), Blocks: make([]bertBlock, c.NumLayers)}, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *bert) Forward(b *Batch) {
	x, h := m.begin(b)
	m.addPositions(b, x, h)
	m.EmbedNorm.Forward(x, x)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		qkv := block.project(b, x)
		block.attend(b, &m.decoder, i, qkv, h)
		x, h = block.addAttention(b, &m.decoder, i, x, h)

		block.feedForward(b.Context, m.c, h)
		block.addFFN(b, &m.decoder, i, x, h)
	}
	m.finish(b, x)
}

package arch

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

// learnedPositions is an embedding of each position, of which there are as many as
// the model was trained for.
type learnedPositions struct {
	Positions nn.Embedding `gguf:"position_embd" dim:"context,hidden"`

	positions []int32 // of the batch
}

// addPositions adds the embeddings of a batch's positions to x and overwrites h.
func (p *learnedPositions) addPositions(b *Batch, x, h []float32) {
	p.positions = p.positions[:0]
	for t := range b.IDs {
		p.positions = append(p.positions, int32(b.Cache.Len()+t))
	}
	p.Positions.Forward(b.Context, h, p.positions)
	kernel.Add(x, h)
}

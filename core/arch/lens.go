package arch

import "slices"

// Lens reads the residual stream behind layers as if each were the last: with the
// model's final norm and output matrix. nostalgebraist, "Interpreting GPT: the logit
// lens", 2020.
type Lens struct {
	Layers []int     // ascending
	Logits []float32 // [len(Layers), vocab], of the batch's last token; on worker 0

	rows []float32 // [len(Layers), hidden], the streams, then their norms
}

// NewLens returns a lens for some layers.
func NewLens(c *Config, layers []int) *Lens {
	return &Lens{Layers: layers, Logits: make([]float32, len(layers)*c.VocabSize), rows: make([]float32, len(layers)*c.HiddenSize)}
}

// look keeps the last row of x [rows, hidden], the stream behind a layer.
func (l *Lens) look(c *Config, layer int, x []float32) {
	if i := slices.Index(l.Layers, layer); i >= 0 {
		copy(l.rows[i*c.HiddenSize:(i+1)*c.HiddenSize], last(c, x))
	}
}

// last returns the last row of x [rows, hidden].
func last(c *Config, x []float32) []float32 { return x[len(x)-c.HiddenSize:] }

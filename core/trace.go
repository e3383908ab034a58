package core

// TraceOptions says what Generate reports of each token beside itself, and what it
// changes in the model. The zero value is nothing, at no cost. docs/trace.md maps the
// names to those of TransformerLens.
//
// None of them but Ablate goes with Speculate. Lists of layers and heads are ascending
// in the results; a number that is out of range or there twice, and a layer without
// attention where attention is asked for, are an *errs.OptionError.
type TraceOptions struct {
	Attention   *AttentionOptions `json:"attention"`   // what a token's heads looked at
	Lens        *LensOptions      `json:"lens"`        // what each layer would have said
	Residual    *ResidualOptions  `json:"residual"`    // the residual stream
	Attribution bool              `json:"attribution"` // which parts of the model moved the token's logit

	// Ablate scales what heads give, in the prompt too. What a session computed with
	// other ablations is computed again.
	Ablate []Ablation `json:"ablate"`
}

// AttentionOptions says which attention weights to report with a token: those of the
// position that predicted it, which is that of the token before.
type AttentionOptions struct {
	Layers []int `json:"layers"` // nil: all that have attention
	Heads  []int `json:"heads"`  // nil: all
	TopK   int   `json:"topK"`   // how many of the largest weights of a row to report; 0: all

	// Prompt reports with the first token the weights of all positions of the text so
	// far, which are computed again for that.
	Prompt bool `json:"prompt"`
	Norms  bool `json:"norms"` // also the norm of what each head gave

	// MaxBytes bounds what is reported of a token; an answer that could need more is
	// refused before anything is computed. 0: 256 MiB.
	MaxBytes int64 `json:"maxBytes"`

	// Reuse lets the Weights of a token be overwritten when the next is asked for: for those
	// who copy them, so that not every token takes memory that nobody has touched yet, which is slow.
	Reuse bool `json:"-"`
}

// LensOptions says what the logit lens reports.
type LensOptions struct {
	TopK   int   `json:"topK"`   // how many tokens a layer; 0: 5
	Layers []int `json:"layers"` // nil: all
}

// ResidualOptions says behind which layers the residual stream is reported.
type ResidualOptions struct {
	Layers []int `json:"layers"` // nil: all
}

// Ablation is a head whose output is multiplied by Scale; 0 switches it off.
type Ablation struct {
	Layer int     `json:"layer"`
	Head  int     `json:"head"`
	Scale float64 `json:"scale"`
}

// Trace is what TraceOptions asked for.
type Trace struct {
	Attention   *Attention   `json:"attention,omitempty"`
	Lens        []LensLayer  `json:"lens,omitempty"`
	Residual    *Residual    `json:"residual,omitempty"`
	Attribution *Attribution `json:"attribution,omitempty"`
}

// Attention is the attention weights of some positions, the queries. A query at
// position p sees the keys 0 to p; the weights of later keys are 0.
type Attention struct {
	Layers  []int `json:"layers"`
	Heads   []int `json:"heads"`
	First   int   `json:"first"`   // position of the first query
	Queries int   `json:"queries"` // how many there are
	Keys    int   `json:"keys"`    // First + Queries

	// Weights is [layers, heads, queries, keys]; or with TopK [layers, heads, queries,
	// TopK], largest first, with their Positions. Where fewer are above 0, the rest is
	// position -1 with weight 0.
	Weights   []float32 `json:"weights"`
	Positions []int32   `json:"positions,omitempty"`

	Cross *CrossAttention `json:"cross,omitempty"` // of a model with an encoder and a decoder

	Norms []float32 `json:"norms,omitempty"` // [layers, heads, queries], the Euclidean norm of each head's output
}

// CrossAttention is the weights of the source text's positions, of the same layers, heads and
// queries.
type CrossAttention struct {
	Keys      int       `json:"keys"`                // of the source text
	Weights   []float32 `json:"weights"`             // as in Attention
	Positions []int32   `json:"positions,omitempty"` // with TopK
}

// LensLayer is the tokens that follow by the residual stream behind a layer, as if it
// were the last: the model's final norm and output matrix applied to it, at
// temperature 1. Behind the last layer this is the model's own distribution.
// nostalgebraist, "Interpreting GPT: the logit lens", 2020.
type LensLayer struct {
	Layer int         `json:"layer"`
	Top   []LensToken `json:"top"` // likeliest first
}

// LensToken is a token and its probability.
type LensToken struct {
	ID   int32   `json:"id"`
	Text string  `json:"text"` // as the vocabulary writes it
	Prob float32 `json:"prob"`
}

// Residual is the residual stream at the position that predicted a token.
type Residual struct {
	Layers []int     `json:"layers"`
	Size   int       `json:"size"`   // of the stream
	Values []float32 `json:"values"` // [layers, size], behind each layer
}

// Attribution is what the parts of the model have in a token's logit, which they sum
// to (before a soft cap, where the model has one): each part's share of the residual
// stream through the final norm, whose scale is held fixed, times the token's row of
// the output matrix. Elhage et al., "A Mathematical Framework for Transformer
// Circuits", 2021.
type Attribution struct {
	Layers []int     `json:"layers"` // those with attention
	Heads  []int     `json:"heads"`
	Values []float32 `json:"values"`          // [layers, heads]
	MLP    []float32 `json:"mlp"`             // of each layer of the model, the feed-forward network
	Mixer  []float32 `json:"mixer,omitempty"` // of each layer of the model, what is there in place of attention; without such layers nil
	Embed  float32   `json:"embed"`           // the embedding
	Bias   float32   `json:"bias"`            // biases behind attention, of the final norm and of the output
}

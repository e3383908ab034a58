package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gander-lm/gander/core"
)

func init() {
	commands["attention"] = command{"print what each head looks at, and how the next token comes about", runAttention}
}

// shownKeys is how many of a head's keys are printed for people.
const shownKeys = 3

// numbers is a flag value: numbers with commas between them.
type numbers []int

func (v *numbers) String() string { return "" }

// Set parses the flag.
func (v *numbers) Set(s string) error {
	*v = numbers{}
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return usagef("%q is no number", part)
		}
		*v = append(*v, n)
	}
	return nil
}

// ablations is a flag value: LAYER:HEAD or LAYER:HEAD=SCALE, with commas between them.
type ablations []core.Ablation

func (v *ablations) String() string { return "" }

// Set adds the heads.
func (v *ablations) Set(s string) error {
	for _, part := range strings.Split(s, ",") {
		where, factor, scaled := strings.Cut(strings.TrimSpace(part), "=")
		layer, head, ok := strings.Cut(where, ":")
		l, err := strconv.Atoi(layer)
		h, err2 := strconv.Atoi(head)
		scale, err3 := 0.0, error(nil)
		if scaled {
			scale, err3 = strconv.ParseFloat(factor, 64)
		}
		if !ok || err != nil || err2 != nil || err3 != nil {
			return usagef("%q is no LAYER:HEAD or LAYER:HEAD=SCALE", part)
		}
		*v = append(*v, core.Ablation{Layer: l, Head: h, Scale: scale})
	}
	return nil
}

// ablateUsage is what both commands that have the flag say of it.
const ablateUsage = "scale the output of heads: `LAYER:HEAD` switches one off, LAYER:HEAD=S multiplies it by S; several with commas"

func runAttention(ctx context.Context, c *cli, args []string) error {
	var (
		model         modelFlags
		images        imageFlags
		tokens        ids
		decoder       ids
		layers, heads numbers
		off           ablations
		o             = core.DefaultGenerateOptions()
		trace         core.AttentionOptions
	)
	f := c.flags("attention", "-m FILE [-p TEXT | --tokens 1,2,3] [FLAGS]")
	model.add(f)
	images.add(f)
	text := f.String("p", "", "the text; read from stdin without -p and --tokens")
	f.Var(&tokens, "tokens", "the text as token `IDS`, with commas between them")
	f.Var(&decoder, "decoder-tokens", decoderUsage)
	f.Var(&layers, "layers", "only these `LAYERS`, with commas between them")
	f.Var(&heads, "heads", "only these `HEADS`, with commas between them")
	f.BoolVar(&trace.Norms, "norms", false, "also the norm of each head's output")
	f.Int64Var(&trace.MaxBytes, "max-bytes", 0, "refuse weights of more bytes than this; 0: 256 MiB")
	lens := f.Int("lens", 0, "also the `K` likeliest next tokens by the residual stream behind each layer")
	residual := f.Bool("residual", false, "also the residual stream behind each layer, at the last position")
	f.BoolVar(&o.Attribution, "attribution", false, "also each part of the model's share in the next token's logit")
	f.Var(&off, "ablate", ablateUsage)
	asJSON := f.Bool("json", false, `print {"weights":[layer][head][query][key]}, with an encoder "cross" likewise, and by the names of the flags what else was asked for; without it, what each head looks at most from the last position`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	m, s, prompt, err := c.start(ctx, f, &model, &images, *text, tokens)
	if err != nil {
		return err
	}
	defer m.Close()
	trace.Layers, trace.Heads, trace.Prompt = layers, heads, *asJSON
	o.Attention, o.Ablate, o.DecoderTokens = &trace, off, decoder
	if *lens != 0 {
		o.Lens = &core.LensOptions{TopK: *lens}
	}
	if *residual {
		o.Residual = &core.ResidualOptions{}
	}
	o.Temperature, o.MaxTokens, o.IgnoreEOS = 0, 1, true
	for t, err := range s.Generate(ctx, prompt, o) {
		if err != nil {
			return err
		}
		r := tracePrinter{m: m, t: t, text: s.Tokens(), source: prompt}
		if *asJSON {
			return c.json(r.object(layers != nil, heads != nil))
		}
		r.print(c)
	}
	return nil
}

// tracePrinter prints the trace of a token.
type tracePrinter struct {
	m      *core.Model
	t      core.Token
	text   []int32 // so far
	source []int32 // what an encoder has read
}

// object returns what --json prints; with the numbers of layers and heads where they
// were chosen. Without, a layer that has no attention is null.
func (r *tracePrinter) object(layers, heads bool) map[string]any {
	a := r.t.Attention
	byLayer := func(values []float32, shape ...int) []any {
		rows := nested(values, append([]int{len(a.Layers)}, shape...)...).([]any)
		if layers {
			return rows
		}
		all := make([]any, r.m.Info().NumLayers)
		for i, l := range a.Layers {
			all[l] = rows[i]
		}
		return all
	}
	out := map[string]any{"weights": byLayer(a.Weights, len(a.Heads), a.Queries, a.Keys)}
	if layers {
		out["layers"] = a.Layers
	}
	if heads {
		out["heads"] = a.Heads
	}
	if x := a.Cross; x != nil {
		out["cross"] = byLayer(x.Weights, len(a.Heads), a.Queries, x.Keys)
	}
	if a.Norms != nil {
		out["norms"] = byLayer(a.Norms, len(a.Heads), a.Queries)
	}
	if x := r.t.Residual; x != nil {
		out["residual"] = nested(x.Values, len(x.Layers), x.Size)
	}
	if r.t.Lens != nil {
		out["lens"] = r.t.Lens
	}
	if x := r.t.Attribution; x != nil {
		out["next"] = map[string]any{"id": r.t.ID, "text": r.m.Tokenizer().Piece(r.t.ID)}
		parts := map[string]any{
			"heads": nested(x.Values, len(x.Layers), len(x.Heads)), "layers": x.Layers,
			"mlp": nested(x.MLP, len(x.MLP)), "embed": float(x.Embed), "bias": float(x.Bias),
		}
		if x.Mixer != nil {
			parts["mixer"] = nested(x.Mixer, len(x.Mixer))
		}
		out["attribution"] = parts
	}
	return out
}

// nested returns values [shape] as arrays in arrays.
func nested(values []float32, shape ...int) any {
	if len(shape) == 1 {
		row := make([]float, len(values))
		for i, x := range values {
			row[i] = float(x)
		}
		return row
	}
	rows := make([]any, shape[0])
	n := len(values) / shape[0]
	for i := range rows {
		rows[i] = nested(values[i*n:(i+1)*n], shape[1:]...)
	}
	return rows
}

// print prints for people.
func (r *tracePrinter) print(c *cli) {
	a, piece := r.t.Attention, r.m.Tokenizer().Piece
	fmt.Fprintf(c.out, "from position %d, %q, before %q:\n", a.First, piece(r.text[a.First]), piece(r.t.ID))
	for i, l := range a.Layers {
		for j, h := range a.Heads {
			at := i*len(a.Heads) + j
			fmt.Fprintf(c.out, "layer %2d head %2d ", l, h)
			if a.Norms != nil {
				fmt.Fprintf(c.out, " norm %7.3f ", a.Norms[at])
			}
			if x := r.t.Attribution; x != nil {
				fmt.Fprintf(c.out, " logit %+7.3f ", x.Values[slices.Index(x.Layers, l)*len(x.Heads)+h])
			}
			show := func(row []float32, text []int32) {
				for _, p := range best(row, shownKeys) {
					fmt.Fprintf(c.out, "  %.2f %q@%d", row[p], piece(text[p]), p)
				}
			}
			show(a.Weights[at*a.Keys:(at+1)*a.Keys], r.text)
			if x := a.Cross; x != nil {
				fmt.Fprint(c.out, "  of the source")
				show(x.Weights[at*x.Keys:(at+1)*x.Keys], r.source)
			}
			fmt.Fprintln(c.out)
		}
	}
	if x := r.t.Attribution; x != nil {
		for l, v := range x.Mixer {
			if !slices.Contains(x.Layers, l) {
				fmt.Fprintf(c.out, "layer %2d mixer    logit %+7.3f\n", l, v)
			}
		}
		for l, v := range x.MLP {
			fmt.Fprintf(c.out, "layer %2d mlp      logit %+7.3f\n", l, v)
		}
		fmt.Fprintf(c.out, "embedding         logit %+7.3f\nbiases            logit %+7.3f\n", x.Embed, x.Bias)
	}
	if x := r.t.Residual; x != nil {
		for i, l := range x.Layers {
			square := 0.0
			for _, v := range x.Values[i*x.Size:][:x.Size] {
				square += float64(v) * float64(v)
			}
			fmt.Fprintf(c.out, "behind layer %2d   residual stream of length %.3f\n", l, math.Sqrt(square))
		}
	}
	for _, l := range r.t.Lens {
		fmt.Fprintf(c.out, "behind layer %2d ", l.Layer)
		for _, x := range l.Top {
			fmt.Fprintf(c.out, "  %.2f %q", x.Prob, x.Text)
		}
		fmt.Fprintln(c.out)
	}
}

// best returns the indices of the n largest values, largest first.
func best(x []float32, n int) (at []int) {
	for range min(n, len(x)) {
		k := -1
		for i := range x {
			if !slices.Contains(at, i) && (k < 0 || x[i] > x[k]) {
				k = i
			}
		}
		at = append(at, k)
	}
	return at
}

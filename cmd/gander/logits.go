package main

import (
	"context"
	"fmt"

	"github.com/gander-lm/gander/core/sample"
)

func init() { commands["logits"] = command{"print the logits after given tokens", runLogits} }

// decoderUsage is what the commands that have the flag say of it.
const decoderUsage = "what the decoder's text begins with, its first token included, as token `IDS`; of a model with an encoder, which reads the rest"

func runLogits(ctx context.Context, c *cli, args []string) error {
	var model modelFlags
	var tokens, decoder ids
	f := c.flags("logits", "-m FILE --tokens 1,2,3 [--decoder-tokens 0,4] [--all] [--json]")
	model.add(f)
	f.Var(&tokens, "tokens", "token `IDS`, with commas between them")
	f.Var(&decoder, "decoder-tokens", decoderUsage)
	all := f.Bool("all", false, "a row after each token, not only after the last")
	asJSON := f.Bool("json", false, `print {"logits":[[…],…]}; without it the ten best of each row`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if tokens == nil {
		return usagef("--tokens is missing")
	}
	m, err := model.open(ctx)
	if err != nil {
		return err
	}
	var rows [][]float32
	text := tokens
	if m.Info().EncoderDecoder || decoder != nil {
		rows, err = m.DecoderLogits(ctx, tokens, decoder)
		text = decoder
		if !*all && err == nil {
			rows = rows[len(rows)-1:]
		}
	} else if *all {
		rows, err = m.AllLogits(ctx, tokens)
	} else {
		rows = make([][]float32, 1)
		rows[0], err = m.Logits(ctx, tokens)
	}
	if err != nil {
		return err
	}
	if !*asJSON {
		for i, row := range rows {
			fmt.Fprintf(c.out, "after token %d:\n", max(len(text), 1)-len(rows)+i)
			for _, x := range sample.Best(row, 10) {
				fmt.Fprintf(c.out, "  %8.4f  %d\t%q\n", x.Logit, x.ID, m.Tokenizer().Piece(x.ID))
			}
		}
		return nil
	}
	out := make([][]float, len(rows))
	for i, row := range rows {
		out[i] = make([]float, len(row))
		for k, x := range row {
			out[i][k] = float(x)
		}
	}
	return c.json(map[string]any{"logits": out})
}

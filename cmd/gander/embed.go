package main

import (
	"context"
	"fmt"

	"github.com/gander-lm/gander/core"
)

func init() { commands["embed"] = command{"print the embedding of a text", runEmbed} }

func runEmbed(ctx context.Context, c *cli, args []string) error {
	var (
		model  modelFlags
		tokens ids
		o      core.EmbedOptions
	)
	f := c.flags("embed", "-m FILE [-p TEXT | --tokens 1,2,3] [--pooling KIND] [--normalize] [--json]")
	model.add(f)
	text := f.String("p", "", "the text; read from stdin without -p and --tokens")
	f.Var(&tokens, "tokens", "the text as token `IDS`, with commas between them")
	f.StringVar(&o.Pooling, "pooling", "", "`KIND` of pooling: mean, cls (the first token) or last; without it the file's own, or mean")
	f.BoolVar(&o.Normalize, "normalize", false, "scale the embedding to the length 1")
	asJSON := f.Bool("json", false, `print {"embedding":[…]}; without it a number a line`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	m, err := model.open(ctx)
	if err != nil {
		return err
	}
	defer m.Close()
	ids, err := c.prompt(f, *text, tokens, func(text string) ([]int32, error) { return m.Tokenize(text, true) })
	if err != nil {
		return err
	}
	x, err := m.Embed(ctx, ids, o)
	if err != nil {
		return err
	}
	if !*asJSON {
		for _, v := range x {
			fmt.Fprintln(c.out, v)
		}
		return nil
	}
	out := make([]float, len(x))
	for i, v := range x {
		out[i] = float(v)
	}
	return c.json(map[string]any{"embedding": out})
}

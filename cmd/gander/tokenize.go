package main

import (
	"context"
	"fmt"
)

func init() {
	commands["tokenize"] = command{"turn text into token ids", runTokenize}
	commands["detokenize"] = command{"turn token ids into text", runDetokenize}
}

func runTokenize(ctx context.Context, c *cli, args []string) error {
	var model modelFlags
	f := c.flags("tokenize", "-m FILE [-p TEXT | stdin] [--no-special] [--json]")
	model.addText(f)
	text := f.String("p", "", "the text; read from stdin without -p")
	plain := f.Bool("no-special", false, "add no BOS and EOS, and take the text of control tokens for text")
	asJSON := f.Bool("json", false, `print {"tokens":[…]}`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	m, err := model.openText(ctx)
	if err != nil {
		return err
	}
	tokens, err := c.prompt(f, *text, nil, func(text string) ([]int32, error) { return m.Tokenize(text, !*plain) })
	if err != nil {
		return err
	}
	if *asJSON {
		return c.json(map[string]any{"tokens": tokens})
	}
	for _, id := range tokens {
		fmt.Fprintf(c.out, "%d\t%q\n", id, m.Tokenizer().Piece(id))
	}
	return nil
}

func runDetokenize(ctx context.Context, c *cli, args []string) error {
	var model modelFlags
	var tokens ids
	f := c.flags("detokenize", "-m FILE --tokens 1,2,3 [--json]")
	model.addText(f)
	f.Var(&tokens, "tokens", "token `IDS`, with commas between them")
	asJSON := f.Bool("json", false, `print {"text":…}`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if tokens == nil {
		return usagef("--tokens is missing")
	}
	m, err := model.openText(ctx)
	if err != nil {
		return err
	}
	text, err := m.Detokenize(tokens)
	if err != nil {
		return err
	}
	if *asJSON {
		return c.json(map[string]any{"text": text})
	}
	fmt.Fprintln(c.out, text)
	return nil
}

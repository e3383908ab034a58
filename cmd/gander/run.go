package main

import (
	"context"
	"fmt"

	"github.com/gander-lm/gander/core"
)

func init() { commands["run"] = command{"write text after a prompt", runRun} }

// tokenCounts is what was read, written, drafted and forgotten, in tokens.
type tokenCounts struct {
	Prompt     int `json:"promptTokens"`
	Completion int `json:"completionTokens"`
	Drafted    int `json:"draftedTokens"`
	Accepted   int `json:"acceptedTokens"`
	Forgotten  int `json:"forgottenTokens"`
}

func runRun(ctx context.Context, c *cli, args []string) error {
	var (
		model  modelFlags
		images imageFlags
		tokens ids
		stop   texts
		off    ablations

		decoder ids
		o       = core.DefaultGenerateOptions()
	)
	f := c.flags("run", "-m FILE [-p TEXT | --tokens 1,2,3] [FLAGS]")
	model.add(f)
	images.add(f)
	text := f.String("p", "", "the prompt; read from stdin without -p and --tokens")
	f.Var(&tokens, "tokens", "the prompt as token `IDS`, with commas between them")
	f.IntVar(&o.MaxTokens, "n", 256, "tokens to write at most; 0: until the context is full, with --overflow shift without end")
	f.Float64Var(&o.Temperature, "temp", o.Temperature, "temperature; 0 takes the best token each time")
	f.IntVar(&o.TopK, "top-k", o.TopK, "keep the `K` best tokens; 0 keeps all")
	f.Float64Var(&o.TopP, "top-p", o.TopP, "keep the best tokens until their probabilities sum to `P`")
	f.Float64Var(&o.MinP, "min-p", o.MinP, "keep tokens with at least `P` of the best one's probability")
	f.Float64Var(&o.RepetitionPenalty, "repetition-penalty", o.RepetitionPenalty, "1 is off")
	f.Float64Var(&o.FrequencyPenalty, "frequency-penalty", o.FrequencyPenalty, "0 is off")
	f.Float64Var(&o.PresencePenalty, "presence-penalty", o.PresencePenalty, "0 is off")
	f.IntVar(&o.PenaltyWindow, "penalty-window", o.PenaltyWindow, "how many of the last tokens the penalties look at")
	f.Uint64Var(&o.Seed, "seed", 0, "the same seed gives the same text")
	f.Var(&stop, "stop", "end before this `TEXT`; may be given several times")
	f.BoolVar(&o.IgnoreEOS, "ignore-eos", false, "go on after an end-of-text token")
	f.StringVar(&o.Overflow, "overflow", o.Overflow, "what a full context does: stop, or shift, which forgets the older half and goes on")
	f.IntVar(&o.Keep, "keep", o.Keep, "with --overflow shift: how many `TOKENS` at the beginning stay")
	f.IntVar(&o.Speculate, "speculate", 0, "draft up to `N` tokens, 0 to 64, from the text so far: the same text, faster where it repeats itself")
	f.Var(&off, "ablate", ablateUsage)
	f.Var(&decoder, "decoder-tokens", decoderUsage)
	asJSON := f.Bool("json", false, `print {"text":…,"tokens":[…],"finishReason":…,"usage":{…}} of what was written`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if isGiven(f, "keep") && o.Overflow != core.OverflowShift {
		return usagef("--keep does nothing without --overflow %s", core.OverflowShift)
	}
	o.Stop, o.Ablate, o.DecoderTokens = stop, off, decoder
	m, s, prompt, err := c.start(ctx, f, &model, &images, *text, tokens)
	if err != nil {
		return err
	}
	defer m.Close()
	result := struct {
		Text         string      `json:"text"`
		Tokens       []int32     `json:"tokens"`
		FinishReason string      `json:"finishReason"`
		Usage        tokenCounts `json:"usage"`
	}{Tokens: []int32{}}
	if m.Info().EncoderDecoder {
		*text = "" // the answer doesn't go on with it
	}
	for t, err := range s.Generate(ctx, prompt, o) {
		if err != nil {
			return err
		}
		result.Text += t.Text
		result.Tokens = append(result.Tokens, t.ID)
		if !*asJSON {
			fmt.Fprint(c.out, *text, t.Text)
			*text = ""
		}
	}
	result.FinishReason = s.FinishReason()
	result.Usage = tokenCounts{Prompt: len(prompt), Completion: len(result.Tokens)}
	result.Usage.Forgotten = s.Forgotten()
	result.Usage.Drafted, result.Usage.Accepted = s.Drafts()
	if *asJSON {
		return c.json(result)
	}
	fmt.Fprintln(c.out, *text)
	return nil
}

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/profile"
)

func init() { commands["bench"] = command{"measure a model on this machine", runBench} }

func runBench(ctx context.Context, c *cli, args []string) error {
	var model modelFlags
	f := c.flags("bench", "-m FILE [--prompt 128] [--gen 64] [--workers 1] [--profile] [--json]")
	model.add(f)
	prompt := f.Int("prompt", 128, "tokens of the prompt")
	gen := f.Int("gen", 64, "tokens to write after it")
	parts := f.Bool("profile", false, "also print where the time of a step goes; only in a build with -tags profile, and with one worker")
	asJSON := f.Bool("json", false, `print {"prefill_tps":…,"decode_tps":…,"load_ms":…}`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if *prompt < 1 || *gen < 1 {
		return usagef("--prompt and --gen must be positive")
	}
	if *parts && (!profile.Enabled || model.workers != 1 || *asJSON) {
		return usagef("--profile needs a build with -tags profile, --workers 1 and no --json")
	}
	start := time.Now()
	m, err := model.open(ctx)
	if err != nil {
		return err
	}
	defer m.Close()
	load := time.Since(start)
	ids := make([]int32, *prompt)
	for i := range ids {
		ids[i] = int32(i * 7919 % m.Info().VocabSize)
	}
	s, err := m.NewSession()
	if err != nil {
		return err
	}
	o := core.DefaultGenerateOptions()
	o.Temperature, o.IgnoreEOS, o.MaxTokens = 0, true, *gen+1
	start = time.Now()
	var first, last time.Time
	n := 0
	for _, err := range s.Generate(ctx, ids, o) {
		if err != nil {
			return err
		}
		last = time.Now()
		if n == 0 {
			first = last
			profile.Reset()
		}
		n++
	}
	if n < 2 {
		return fmt.Errorf("only %d tokens fit", n)
	}
	result := struct {
		Prefill float64 `json:"prefill_tps"`
		Decode  float64 `json:"decode_tps"`
		Load    float64 `json:"load_ms"`
	}{float64(*prompt) / first.Sub(start).Seconds(), float64(n-1) / last.Sub(first).Seconds(), float64(load.Microseconds()) / 1000}
	if *asJSON {
		return c.json(result)
	}
	fmt.Fprintf(c.out, "load     %8.1f ms\nprefill  %8.1f tokens/s\ndecode   %8.1f tokens/s\n", result.Load, result.Prefill, result.Decode)
	if *parts {
		fmt.Fprintf(c.out, "\n%s", profile.Table(n-1))
	}
	return nil
}

package core_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// words returns the tiny model with plain words in place of bytes and pieces, so
// that a text neither waits for the rest of a character nor has a space put in.
func words(t *testing.T) *core.Model {
	t.Helper()
	x := coretest.NewTiny()
	tokens, types := x.Keys["tokenizer.ggml.tokens"].([]string), x.Keys["tokenizer.ggml.token_type"].([]int32)
	for i := 3; i < len(tokens); i++ {
		tokens[i], types[i] = fmt.Sprintf("w%d", i), 1
	}
	b := x.Bytes(t)
	m, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
	require.NoError(t, err)
	return m
}

// allocsPerToken returns how often a token allocates when all buffers have grown:
// the difference of a long answer and a short one.
func allocsPerToken(t *testing.T, m *core.Model, o core.GenerateOptions) float64 {
	t.Helper()
	s, err := m.NewSession()
	require.NoError(t, err)
	run := func(n int) float64 {
		o.MaxTokens = n
		return testing.AllocsPerRun(5, func() {
			s.Truncate(0)
			for _, err := range s.Generate(context.Background(), []int32{1}, o) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	run(300)
	short, long := run(100), run(300)
	return (long - short) / 200
}

// TestNoAllocationPerToken: once warm, a token costs no memory, from its step
// through a model of Q8_0, Q4_0, F16 and F32 to its text.
func TestNoAllocationPerToken(t *testing.T) {
	m := words(t)
	for _, c := range []struct {
		name string
		set  func(o *core.GenerateOptions)
	}{
		{"greedy", func(o *core.GenerateOptions) { o.Temperature = 0 }},
		{"sampled", func(*core.GenerateOptions) {}},
		{"penalties", func(o *core.GenerateOptions) { o.RepetitionPenalty, o.FrequencyPenalty = 1.1, 0.1 }},
		{"all tokens", func(o *core.GenerateOptions) { o.TopK, o.TopP, o.MinP = 0, 0.9, 0 }},
		{"speculation", func(o *core.GenerateOptions) { o.Speculate, o.FrequencyPenalty = 16, -40 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			core.SetBatchCost(t, 0.8, 0.003)
			o := core.DefaultGenerateOptions()
			o.IgnoreEOS = true
			c.set(&o)
			assert.Zero(t, allocsPerToken(t, m, o))
		})
	}
}

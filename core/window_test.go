package core_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// TestTruncateWithWindows: a session of a model with sliding windows that is cut
// back goes on as one that never was longer, also where its cache has given up what
// it needs, after an abort in between, and with several workers.
func TestTruncateWithWindows(t *testing.T) {
	coretest.SkipLong(t)
	for _, name := range []string{"gemma3", "gemma4", "cohere2", "lfm2", "qwen35"} {
		f := coretest.Golden(t, name)
		data, err := os.ReadFile(f.ModelPath)
		require.NoError(t, err)
		prompt := slices.Repeat(f.Prompt, 1200/len(f.Prompt))
		for _, workers := range []int{1, 2} {
			m := openWorkers(t, data, workers, core.Options{ContextLength: 1500})
			s, err := m.NewSession()
			require.NoError(t, err)
			collect(t, s, prompt, greedy(5))
			for _, n := range []int{s.Len() - 64, 1000, 400, 40, 0} {
				t.Run(fmt.Sprint(name, " ", workers, " workers to ", n), func(t *testing.T) {
					s.Truncate(n + 3)
					s.Truncate(n)
					assert.Equal(t, n, s.Len())
					assert.Panics(t, func() { s.Truncate(n + 1) })
					held := slices.Clone(s.Tokens())
					ctx, cancel := context.WithCancel(context.Background())
					cancel()
					for _, err := range s.Generate(ctx, f.Prompt, greedy(20)) {
						require.ErrorIs(t, err, context.Canceled)
					}
					assert.Equal(t, held, s.Tokens())
					got := idsOf(collect(t, s, f.Prompt, greedy(20)))
					fresh, err := m.NewSession()
					require.NoError(t, err)
					want := idsOf(collect(t, fresh, slices.Concat(held, f.Prompt), greedy(20)))
					assert.Equal(t, want, got)
					assert.Equal(t, fresh.Tokens(), s.Tokens())
				})
			}
		}
	}
}

// TestSpeculateWithWindows: drafts that fail leave no trace in a cache that gives up
// positions.
func TestSpeculateWithWindows(t *testing.T) {
	for _, name := range []string{"gemma3", "lfm2"} {
		f := coretest.Golden(t, name)
		m := open(t, f.ModelPath, core.Options{ContextLength: 1500})
		prompt := slices.Repeat(f.Prompt, 700/len(f.Prompt))
		all := slices.DeleteFunc(settings("x"), func(s setting) bool { return s.name != "defaults" && s.name != "rewards" })
		require.Len(t, all, 2)
		drafted, accepted := sameAsWithout(t, m, prompt, 300, all, 64)
		assert.Greater(t, drafted, accepted, "none failed")
	}
}

// TestSpeculateWithAState: a model that can't take drafts back says so.
func TestSpeculateWithAState(t *testing.T) {
	f := coretest.Golden(t, "qwen35")
	s, err := load(t, f).NewSession()
	require.NoError(t, err)
	o := greedy(3)
	o.Speculate = 1
	for _, err := range s.Generate(context.Background(), f.Prompt, o) {
		var option *errs.OptionError
		require.ErrorAs(t, err, &option)
		assert.Equal(t, "speculate", option.Option)
	}
	assert.Zero(t, s.Len())
	assert.Len(t, collect(t, s, f.Prompt, greedy(3)), 3)
}

// TestWindowsBoundTheCache: layers with a window take no more memory for a longer
// context.
func TestWindowsBoundTheCache(t *testing.T) {
	f := coretest.Golden(t, "gemma3")
	kv := func(context int) int64 {
		return open(t, f.ModelPath, core.Options{ContextLength: context}).Info().Memory.KV
	}
	// One of the seven layers has no window.
	assert.Equal(t, (kv(4096)-kv(2048))*7, kvOfAll(t, f, 4096)-kvOfAll(t, f, 2048))
}

// kvOfAll is the memory of a cache without windows, float32.
func kvOfAll(t *testing.T, f *coretest.Fixture, context int) int64 {
	i := open(t, f.ModelPath, core.Options{ContextLength: context}).Info()
	return int64(i.NumLayers * context * i.NumKVHeads * i.HeadDim * 2 * 4)
}

// TestContextBeyondPositions: learned positions end.
func TestContextBeyondPositions(t *testing.T) {
	f := coretest.Golden(t, "gpt2")
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	_, err = core.Open(context.Background(), bytes.NewReader(data), int64(len(data)), core.Options{ContextLength: 129})
	var option *errs.OptionError
	require.ErrorAs(t, err, &option)
	assert.Equal(t, "contextLength", option.Option)
	assert.Equal(t, 128, open(t, f.ModelPath, core.Options{}).Info().ContextLength)
}

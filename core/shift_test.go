package core_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
)

func shifting(n, keep int) core.GenerateOptions {
	o := greedy(n)
	o.Overflow, o.Keep = core.OverflowShift, keep
	return o
}

// TestShiftIsRecomputation: where keys and values depend on nothing but their own
// token, which is so in a model of one layer, a session that has shifted gives what a
// fresh one gives of the tokens that are left, within rounding. Keys of int8 are rounded
// anew each time that they shift, and how far that goes depends on the text: the distance is
// that of half of the texts.
func TestShiftIsRecomputation(t *testing.T) {
	const texts = 9
	for _, c := range []struct {
		kvType, scaling string
		distance        float64
		of              int // which of the texts, the nearest first
	}{{"f32", "", 1e-4, texts - 1}, {"f32", "linear", 1e-4, texts - 1}, {"f32", "yarn", 1e-4, texts - 1}, {"int8", "", 0.3, texts / 2}} {
		tiny := coretest.NewTiny()
		tiny.Keys["llama.block_count"] = uint32(1)
		if c.scaling != "" {
			tiny.Keys["llama.rope.scaling.type"], tiny.Keys["llama.rope.scaling.factor"] = c.scaling, float32(4)
		}
		m := openWorkers(t, tiny.Bytes(t), 1, core.Options{ContextLength: 64, KVType: c.kvType})
		var distances []float64
		for first := int32(1); first <= texts; first++ {
			distances = append(distances, shiftDistance(t, m, []int32{first, 20, 30, 40, 50, 60}))
		}
		slices.Sort(distances)
		t.Logf("%+v: %.1e", c, distances)
		assert.LessOrEqual(t, distances[c.of], c.distance, "%+v", c)
	}
}

// shiftDistance returns how far log probabilities behind a long text are from those that a
// fresh session gives of the tokens that are left.
func shiftDistance(t *testing.T, m *core.Model, prompt []int32) (worst float64) {
	s, err := m.NewSession()
	require.NoError(t, err)
	collect(t, s, prompt, shifting(300, 4))
	require.Greater(t, s.Forgotten(), 200)
	require.Equal(t, prompt[:4], s.Tokens()[:4])

	o := shifting(1, 4)
	o.Logprobs = 200
	got := collect(t, s, []int32{77}, o)[0]
	o.Overflow = core.OverflowStop
	fresh, err := m.NewSession()
	require.NoError(t, err)
	want := collect(t, fresh, s.Tokens(), o)[0]
	byID := map[int32]float32{}
	for _, x := range got.Top {
		byID[x.ID] = x.Logprob
	}
	for _, x := range want.Top[:50] {
		worst = max(worst, math.Abs(float64(x.Logprob-byID[x.ID])))
	}
	return worst
}

// TestTextWithoutEnd: every architecture that can writes ten times its context, the
// same with several workers, with int8 keys and values, with drafts, and in parts;
// the beginning stays. Others refuse.
func TestTextWithoutEnd(t *testing.T) {
	coretest.SkipLong(t)
	for _, f := range supported(t) {
		t.Run(f.Name, func(t *testing.T) {
			data, err := os.ReadFile(f.ModelPath)
			require.NoError(t, err)
			const length = 48
			n, prompt := 10*length-len(f.Prompt), f.Prompt[:min(len(f.Prompt), length-2)]
			m := openWorkers(t, data, 1, core.Options{ContextLength: length})
			s, err := m.NewSession()
			require.NoError(t, err)
			if f.Arch == "gpt2" {
				var option *errs.OptionError
				for _, err := range s.Generate(context.Background(), prompt, shifting(5, 4)) {
					require.ErrorAs(t, err, &option)
					assert.Equal(t, "overflow", option.Option)
				}
				return
			}
			want := idsOf(collect(t, s, prompt, shifting(n, 4)))
			require.Len(t, want, n)
			assert.Equal(t, "length", s.FinishReason())
			assert.LessOrEqual(t, s.Len(), length)
			assert.Equal(t, len(prompt)+n-1, s.Len()+s.Forgotten())
			assert.Equal(t, prompt[:4], s.Tokens()[:4])
			m = openWorkers(t, data, 2, core.Options{ContextLength: length})
			s, err = m.NewSession()
			require.NoError(t, err)
			require.Equal(t, want[:3*length], idsOf(collect(t, s, prompt, shifting(3*length, 4))), "two workers")
		})
	}
}

// TestTextWithoutEndInParts: in one go or in parts, with drafts, with one worker or
// three, in every type of keys and values.
func TestTextWithoutEndInParts(t *testing.T) {
	coretest.SkipLong(t)
	const length, n, step = 48, 300, 61
	for _, name := range []string{"llama_yarn", "gemma4", "lfm2", "qwen35"} {
		f := coretest.Golden(t, name)
		data, err := os.ReadFile(f.ModelPath)
		require.NoError(t, err)
		for _, kvType := range []string{"f32", "int8"} {
			t.Run(name+" "+kvType, func(t *testing.T) {
				o := core.Options{ContextLength: length, KVType: kvType}
				m := openWorkers(t, data, 1, o)
				write := func(m *core.Model, speculate int) []int32 {
					s, err := m.NewSession()
					require.NoError(t, err)
					o := shifting(n, 4)
					o.Speculate = speculate
					return idsOf(collect(t, s, f.Prompt, o))
				}
				want := write(m, 0)
				require.Len(t, want, n)
				require.Equal(t, want, write(openWorkers(t, data, 3, o), 0), "three workers")
				if name != "qwen35" {
					require.Equal(t, want, write(m, 8), "with drafts")
				}
				s, err := m.NewSession()
				require.NoError(t, err)
				prompt, got := f.Prompt, []int32(nil)
				for len(got) < n {
					got = append(got, idsOf(collect(t, s, prompt, shifting(min(step, n-len(got)), 4)))...)
					text := slices.Concat(f.Prompt, got)
					prompt = text[s.Match(text, shifting(1, 4)):]
				}
				require.Equal(t, want, got, "in parts")
			})
		}
	}
}

// TestShiftWithLongWindows: contexts whose windowed layers have given up positions by
// the time of a shift; several workers agree.
func TestShiftWithLongWindows(t *testing.T) {
	coretest.SkipLong(t)
	for _, name := range []string{"gemma3", "gemma4", "cohere2", "lfm2"} {
		f := coretest.Golden(t, name)
		data, err := os.ReadFile(f.ModelPath)
		require.NoError(t, err)
		var want []int32
		for workers := 1; workers <= 3; workers += 2 {
			m := openWorkers(t, data, workers, core.Options{ContextLength: 700})
			s, err := m.NewSession()
			require.NoError(t, err)
			collect(t, s, slices.Repeat(f.Prompt, 690/len(f.Prompt)), shifting(2, 6))
			got := idsOf(collect(t, s, slices.Repeat(f.Prompt[1:], 3), shifting(30, 6)))
			require.Positive(t, s.Forgotten())
			if want == nil {
				want = got
			}
			require.Equal(t, want, got, "%s with %d workers", name, workers)
			s.Truncate(s.Len() - 200)
			collect(t, s, f.Prompt, shifting(600, 6))
		}
	}
}

// TestLongPrompt: of a prompt that is longer than the context a new session takes the
// beginning and the end, and then it is as if the middle had never been.
func TestLongPrompt(t *testing.T) {
	f := coretest.Golden(t, "llama_untied")
	m := open(t, f.ModelPath, core.Options{ContextLength: 64})
	long := slices.Repeat(f.Prompt, 10)
	s, err := m.NewSession()
	require.NoError(t, err)
	got := idsOf(collect(t, s, long, shifting(5, 4)))
	fresh, err := m.NewSession()
	require.NoError(t, err)
	kept := append(slices.Clone(long[:4]), long[len(long)-30:]...)
	assert.Equal(t, idsOf(collect(t, fresh, kept, shifting(5, 4))), got)
	assert.Equal(t, len(long)-34, s.Forgotten())

	var full *core.ContextFullError
	for _, err := range fresh.Generate(context.Background(), long, greedy(5)) {
		require.ErrorAs(t, err, &full)
	}
	// What is too long for the rest of a session makes the session shift, as often as it must.
	collect(t, fresh, long, shifting(5, 4))
	assert.LessOrEqual(t, fresh.Len(), 64)
	assert.Equal(t, kept[:4], fresh.Tokens()[:4])
	for _, err := range fresh.Generate(context.Background(), []int32{5, -1}, shifting(5, 4)) {
		var bad *core.TokenError
		require.ErrorAs(t, err, &bad)
	}
}

// TestMatch: a session goes on with a text that begins as its own does, forgotten
// tokens counted, and begins anew with another.
func TestMatch(t *testing.T) {
	f := coretest.Golden(t, "llama_untied")
	m := open(t, f.ModelPath, core.Options{ContextLength: 64})
	s, err := m.NewSession()
	require.NoError(t, err)
	o := shifting(200, 4)
	text := slices.Concat(f.Prompt, idsOf(collect(t, s, f.Prompt, o)))
	held, gone := s.Len(), s.Forgotten()
	require.Positive(t, gone)
	whole := slices.Concat(text, []int32{9, 9})

	assert.Equal(t, len(text)-1, s.Match(whole, o))
	assert.Equal(t, held, s.Len())
	assert.Equal(t, len(text)-4, s.Match(append(slices.Clone(text[:len(text)-4]), 8, 8), o))
	assert.Equal(t, gone, s.Forgotten())
	want := slices.Clone(s.Tokens())
	assert.Equal(t, len(text)-5, s.Match(text[:len(text)-4], o), "never the last")
	assert.Equal(t, want[:len(want)-1], s.Tokens())

	changed := slices.Clone(whole)
	changed[10]++ // among those that are gone
	assert.Zero(t, s.Match(changed, o))
	assert.Zero(t, s.Len())
	assert.Zero(t, s.Forgotten())

	collect(t, s, f.Prompt, o)
	other := o
	other.Keep = 5
	for _, err := range s.Generate(context.Background(), []int32{5}, other) {
		var option *errs.OptionError
		require.ErrorAs(t, err, &option)
	}
	assert.Zero(t, s.Match(whole, other), "another keep")
	collect(t, s, f.Prompt, o)
	assert.Zero(t, s.Match(whole, greedy(5)), "no shift")
	assert.Zero(t, s.Match(whole, o), "nothing is left")
}

// TestShiftWithTraces: positions that are traced must stay; a session whose keys and
// values had an ablation shifts without it.
func TestShiftWithTraces(t *testing.T) {
	f := coretest.Golden(t, "llama_untied")
	m := open(t, f.ModelPath, core.Options{ContextLength: 64})
	s, err := m.NewSession()
	require.NoError(t, err)
	ablated := greedy(5)
	ablated.Ablate = []core.Ablation{{Layer: 0, Head: 1}}
	collect(t, s, f.Prompt, ablated)
	both := ablated
	both.Overflow = core.OverflowShift
	for _, err := range s.Generate(context.Background(), []int32{5}, both) {
		var option *errs.OptionError
		require.ErrorAs(t, err, &option)
		assert.Equal(t, "overflow", option.Option)
	}
	s.Truncate(len(f.Prompt))
	got := idsOf(collect(t, s, []int32{5}, shifting(100, 4)))
	fresh, err := m.NewSession()
	require.NoError(t, err)
	assert.Equal(t, idsOf(collect(t, fresh, append(slices.Clone(f.Prompt), 5), shifting(100, 4))), got)
}

func TestOverflowOptions(t *testing.T) {
	f := coretest.Golden(t, "llama_untied")
	m := open(t, f.ModelPath, core.Options{ContextLength: 64})
	s, err := m.NewSession()
	require.NoError(t, err)
	for _, c := range []struct {
		overflow string
		keep     int
		option   string
	}{{"roll", 4, "overflow"}, {core.OverflowShift, -1, "keep"}, {core.OverflowShift, 63, "keep"}, {core.OverflowShift, 62, ""}, {core.OverflowShift, 0, ""}, {"", 1000, ""}} {
		o := greedy(3)
		o.Overflow, o.Keep = c.overflow, c.keep
		for _, err := range s.Generate(context.Background(), f.Prompt[:3], o) {
			var option *errs.OptionError
			if c.option == "" {
				require.NoError(t, err)
				continue
			}
			require.ErrorAs(t, err, &option, fmt.Sprint(c))
			assert.Equal(t, c.option, option.Option)
		}
	}
}

// TestShiftKeepsPenalties: penalties look back at what was forgotten too, in one call as
// in two.
func TestShiftKeepsPenalties(t *testing.T) {
	m := openWorkers(t, coretest.NewTiny().Bytes(t), 1, core.Options{ContextLength: 32})
	o := shifting(120, 4)
	o.FrequencyPenalty, o.PenaltyWindow = 0.5, 500
	prompt := []int32{1, 20, 30, 40, 50, 60}
	session := func() *core.Session {
		s, err := m.NewSession()
		require.NoError(t, err)
		return s
	}
	want := idsOf(collect(t, session(), prompt, o))
	s := session()
	o.MaxTokens = 70
	require.Equal(t, want[:70], idsOf(collect(t, s, prompt, o)))
	require.Greater(t, s.Forgotten(), 20)
	o.MaxTokens = 49
	require.Equal(t, want[71:], idsOf(collect(t, s, want[70:71], o)))
}

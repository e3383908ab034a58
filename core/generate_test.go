package core_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/internal/coretest"
)

func tiny(t testing.TB) *core.Model {
	t.Helper()
	b := coretest.NewTiny().Bytes(t)
	m, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
	require.NoError(t, err)
	return m
}

// collect runs a generation to its end.
func collect(t *testing.T, s *core.Session, prompt []int32, o core.GenerateOptions) (out []core.Token) {
	t.Helper()
	for tok, err := range s.Generate(context.Background(), prompt, o) {
		require.NoError(t, err)
		out = append(out, tok)
	}
	return out
}

func idsOf(tokens []core.Token) (ids []int32) {
	for _, tok := range tokens {
		ids = append(ids, tok.ID)
	}
	return ids
}

func textOf(tokens []core.Token) (text string) {
	for _, tok := range tokens {
		text += tok.Text
	}
	return text
}

// TestGenerateIsTheLoop: tokens are those of asking for logits again and again.
func TestGenerateIsTheLoop(t *testing.T) {
	m := tiny(t)
	s, err := m.NewSession()
	require.NoError(t, err)
	got := idsOf(collect(t, s, []int32{1, 260}, greedy(12)))
	ids := []int32{1, 260}
	for range 12 {
		logits, err := m.Logits(context.Background(), ids)
		require.NoError(t, err)
		best := 0
		for i, l := range logits {
			if l > logits[best] {
				best = i
			}
		}
		ids = append(ids, int32(best))
	}
	assert.Equal(t, ids[2:], got)
}

// TestSessionGoesOn: an answer in two halves is the answer in one, and a session
// that is cut back gives what a new one gives.
func TestSessionGoesOn(t *testing.T) {
	m := tiny(t)
	prompt := []int32{1, 260, 261, 262, 260}
	whole, err := m.NewSession()
	require.NoError(t, err)
	want := idsOf(collect(t, whole, prompt, greedy(10)))

	s, err := m.NewSession()
	require.NoError(t, err)
	first := idsOf(collect(t, s, prompt, greedy(4)))
	assert.Equal(t, want[:4], first)
	assert.Equal(t, len(prompt)+3, s.Len(), "the last token joins with the next prompt")
	rest := idsOf(collect(t, s, want[4:5], greedy(5)))
	assert.Equal(t, want[5:10], rest)

	s.Truncate(2)
	assert.Equal(t, prompt[:2], s.Tokens())
	assert.Equal(t, want, idsOf(collect(t, s, prompt[2:], greedy(10))))
}

// TestAbortBeforeAnswer: what a session holds is the same after a call that was aborted
// before it began, the token that waits for the next prompt included.
func TestAbortBeforeAnswer(t *testing.T) {
	m := tiny(t)
	for _, overflow := range []string{core.OverflowStop, core.OverflowShift} {
		s, err := m.NewSession()
		require.NoError(t, err)
		o := greedy(4)
		o.Overflow = overflow
		first := idsOf(collect(t, s, []int32{1, 260, 261}, o))
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for _, err := range s.Generate(ctx, []int32{262, 250}, o) {
			require.ErrorIs(t, err, context.Canceled)
		}
		collect(t, s, []int32{262, 250}, o)
		assert.Equal(t, append(append([]int32{1, 260, 261}, first...), 262, 250), s.Tokens()[:9])
	}
}

func TestLongPromptInChunks(t *testing.T) {
	m := tiny(t)
	prompt := make([]int32, 300)
	for i := range prompt {
		prompt[i] = int32(3 + i*7%250)
	}
	rows, err := m.AllLogits(context.Background(), prompt)
	require.NoError(t, err)
	last, err := m.Logits(context.Background(), prompt)
	require.NoError(t, err)
	assert.Equal(t, rows[299], last)
	s, err := m.NewSession()
	require.NoError(t, err)
	a := idsOf(collect(t, s, prompt[:77], greedy(1)))
	s.Truncate(77)
	b := idsOf(collect(t, s, prompt[77:], greedy(5)))
	s.Truncate(0)
	require.NotEmpty(t, a)
	assert.Equal(t, idsOf(collect(t, s, prompt, greedy(5))), b, "cut anywhere, the same bits")
}

func TestFinishReasons(t *testing.T) {
	m := tiny(t)
	s, err := m.NewSession()
	require.NoError(t, err)
	all := collect(t, s, []int32{1}, greedy(40))
	assert.Equal(t, "length", s.FinishReason())
	text := textOf(all)
	require.Greater(t, len(text), 8)

	// A stop string cut out of the middle of what greedy decoding writes.
	runes := []rune(text)
	stop := string(runes[3:5])
	o := greedy(40)
	o.Stop = []string{stop}
	s.Truncate(0)
	got := textOf(collect(t, s, []int32{1}, o))
	assert.Equal(t, text[:strings.Index(text, stop)], got)
	assert.Equal(t, "stop", s.FinishReason())

	// A full context.
	s.Truncate(0)
	o = greedy(0)
	n := len(collect(t, s, slices.Repeat([]int32{5}, 590), o))
	assert.Equal(t, "length", s.FinishReason())
	assert.Equal(t, m.Info().ContextLength-590+1, n)
}

func TestEOSEndsAndIsNotYielded(t *testing.T) {
	x := coretest.NewTiny()
	b := x.Bytes(t)
	m, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
	require.NoError(t, err)
	s, err := m.NewSession()
	require.NoError(t, err)
	ids := idsOf(collect(t, s, []int32{1}, greedy(5)))
	x.Keys["tokenizer.ggml.eos_token_id"] = uint32(ids[2]) // what greedy decoding takes third
	b = x.Bytes(t)
	m, err = core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
	require.NoError(t, err)
	s, err = m.NewSession()
	require.NoError(t, err)
	o := greedy(5)
	o.IgnoreEOS = false
	assert.Equal(t, ids[:2], idsOf(collect(t, s, []int32{1}, o)))
	assert.Equal(t, "eos", s.FinishReason())
}

func TestLogprobs(t *testing.T) {
	m := tiny(t)
	s, err := m.NewSession()
	require.NoError(t, err)
	o := greedy(3)
	o.Logprobs = 5
	logits, err := m.Logits(context.Background(), []int32{1})
	require.NoError(t, err)
	sum := 0.0
	for _, l := range logits {
		sum += math.Exp(float64(l))
	}
	tok := collect(t, s, []int32{1}, o)[0]
	require.Len(t, tok.Top, 5)
	assert.Equal(t, tok.ID, tok.Top[0].ID)
	assert.InDelta(t, float64(logits[tok.ID])-math.Log(sum), tok.Logprob, 1e-4)
	for i, c := range tok.Top {
		assert.InDelta(t, float64(logits[c.ID])-math.Log(sum), c.Logprob, 1e-4)
		assert.True(t, i == 0 || c.Logprob <= tok.Top[i-1].Logprob)
	}
}

func TestGenerateErrors(t *testing.T) {
	m := tiny(t)
	stopped, stop := context.WithCancelCause(context.Background())
	stop(errors.New("enough"))
	for _, c := range []struct {
		name   string
		ctx    context.Context
		prompt []int32
		change func(*core.GenerateOptions)
		code   string
	}{
		{"prompt too long", context.Background(), make([]int32, 601), nil, "context_full"},
		{"empty prompt", context.Background(), nil, nil, "bad_option"},
		{"id too large", context.Background(), []int32{99999}, nil, "bad_token"},
		{"negative id", context.Background(), []int32{-1}, nil, "bad_token"},
		{"NaN temperature", context.Background(), []int32{1}, func(o *core.GenerateOptions) { o.Temperature = math.NaN() }, "bad_option"},
		{"negative length", context.Background(), []int32{1}, func(o *core.GenerateOptions) { o.MaxTokens = -1 }, "bad_option"},
		{"empty stop string", context.Background(), []int32{1}, func(o *core.GenerateOptions) { o.Stop = []string{""} }, "bad_option"},
		{"logprobs", context.Background(), []int32{1}, func(o *core.GenerateOptions) { o.Logprobs = 1e6 }, "bad_option"},
		{"ended context", stopped, []int32{1}, nil, "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := m.NewSession()
			require.NoError(t, err)
			o := greedy(3)
			if c.change != nil {
				c.change(&o)
			}
			var got error
			for _, err := range s.Generate(c.ctx, c.prompt, o) {
				require.Error(t, err)
				got = err
			}
			require.Error(t, got)
			assert.Equal(t, c.code, core.Code(got), got.Error())
			assert.Zero(t, s.Len())
			if c.ctx == stopped {
				assert.EqualError(t, got, "enough", "the caller's own cause")
			}
			// and the session still works
			assert.Len(t, collect(t, s, []int32{1}, greedy(2)), 2)
		})
	}
	var full *core.ContextFullError
	_, err := m.Logits(context.Background(), make([]int32, 601))
	require.ErrorAs(t, err, &full)
	assert.Equal(t, core.ContextFullError{Need: 601, Have: 600}, *full)
}

func TestAbortMidway(t *testing.T) {
	m := tiny(t)
	s, err := m.NewSession()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	var last error
	for _, err := range s.Generate(ctx, []int32{1}, greedy(0)) {
		if last = err; err != nil {
			break
		}
		if n++; n == 5 {
			cancel()
		}
	}
	assert.ErrorIs(t, last, context.Canceled)
	assert.Equal(t, "aborted", core.Code(last))
	assert.Equal(t, 5, n)
	assert.Empty(t, s.FinishReason())
}

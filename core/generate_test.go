package core_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
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

func TestOpenRejects(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*coretest.Tiny)
		code   string
		want   string
	}{
		{"unknown architecture", func(x *coretest.Tiny) { x.Keys["general.architecture"] = "hal9000" }, "unsupported", `"hal9000"`},
		{"no architecture", func(x *coretest.Tiny) { delete(x.Keys, "general.architecture") }, "bad_file", "general.architecture"},
		{"missing size", func(x *coretest.Tiny) { delete(x.Keys, "llama.embedding_length") }, "bad_file", "llama.embedding_length"},
		{"size of zero", func(x *coretest.Tiny) { x.Keys["llama.block_count"] = uint32(0) }, "bad_file", "llama.block_count"},
		{"absurd size", func(x *coretest.Tiny) { x.Keys["llama.block_count"] = uint32(1 << 30) }, "bad_file", "llama.block_count"},
		{"size of another kind", func(x *coretest.Tiny) { x.Keys["llama.attention.head_count"] = "four" }, "bad_file", "head_count"},
		{"heads don't divide", func(x *coretest.Tiny) { x.Keys["llama.attention.head_count_kv"] = uint32(3) }, "bad_file", "share"},
		{"NaN epsilon", func(x *coretest.Tiny) { x.Keys["llama.attention.layer_norm_rms_epsilon"] = float32(math.NaN()) }, "bad_file", "epsilon"},
		{"odd rotation", func(x *coretest.Tiny) { x.Keys["llama.rope.dimension_count"] = uint32(7) }, "bad_file", "rotate"},
		{"unknown scaling", func(x *coretest.Tiny) {
			x.Keys["llama.rope.scaling.type"], x.Keys["llama.rope.scaling.factor"] = "spiral", float32(2)
		}, "unsupported", "spiral"},
		{"sizes that differ by layer", func(x *coretest.Tiny) { x.Keys["llama.attention.head_count_kv"] = []int32{0, 2} }, "unsupported", "different values for the layers"},
		{"a negative size of a layer", func(x *coretest.Tiny) { x.Keys["llama.feed_forward_length"] = []int32{-1, 64} }, "bad_file", "feed_forward_length"},
		{"experts that no token uses", func(x *coretest.Tiny) { x.Keys["llama.expert_count"] = uint32(8) }, "bad_file", "llama.expert_used_count"},
		{"more experts used than there are", func(x *coretest.Tiny) {
			x.Keys["llama.expert_count"], x.Keys["llama.expert_used_count"] = uint32(8), uint32(9)
		}, "bad_file", "9 of 8 experts"},
		{"mixture without its tensors", func(x *coretest.Tiny) {
			x.Keys["llama.expert_count"], x.Keys["llama.expert_used_count"] = uint32(8), uint32(2)
		}, "bad_file", "blk.0.ffn_gate_inp.weight"},
		{"experts with a scale", func(x *coretest.Tiny) {
			x.Keys["llama.expert_count"], x.Keys["llama.expert_used_count"], x.Keys["llama.expert_weights_scale"] = uint32(8), uint32(2), float32(2.5)
		}, "unsupported", "llama.expert_weights_scale"},
		{"missing tensor", func(x *coretest.Tiny) { delete(x.Tensors, "blk.1.ffn_up.weight") }, "bad_file", "blk.1.ffn_up.weight"},
		{"wrong shape", func(x *coretest.Tiny) {
			x.Tensors["blk.1.ffn_up.weight"] = coretest.TinyTensor{Shape: []int64{32, 60}, Type: quant.F32}
		}, "bad_file", "blk.1.ffn_up.weight"},
		{"wrong dimensions", func(x *coretest.Tiny) {
			x.Tensors["output_norm.weight"] = coretest.TinyTensor{Shape: []int64{32, 1}, Type: quant.F32}
		}, "bad_file", "output_norm.weight"},
		{"bias of another length", func(x *coretest.Tiny) {
			x.Tensors["blk.0.attn_q.bias"] = coretest.TinyTensor{Shape: []int64{16}, Type: quant.F32}
		}, "bad_file", "blk.0.attn_q.bias"},
		{"vocabulary smaller than the embedding", func(x *coretest.Tiny) {
			x.Tensors["token_embd.weight"] = coretest.TinyTensor{Shape: []int64{32, 400}, Type: quant.Q8_0}
		}, "bad_file", "vocabulary has 263 tokens, the embedding table 400 rows"},
		{"unknown tokenizer", func(x *coretest.Tiny) { x.Keys["tokenizer.ggml.model"] = "runes" }, "unsupported", "runes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := coretest.NewTiny()
			c.change(x)
			b := x.Bytes(t)
			_, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
			require.Error(t, err)
			assert.Equal(t, c.code, core.Code(err), err.Error())
			assert.ErrorContains(t, err, c.want)
		})
	}
	_, err := core.Open(context.Background(), bytes.NewReader(nil), 0, core.Options{ContextLength: -1})
	var oe *errs.OptionError
	require.ErrorAs(t, err, &oe)
}

// TestReaderFails: a reader's own error is "io", a file that ends early "bad_file",
// and an ended context its own cause, wherever it happens.
func TestReaderFails(t *testing.T) {
	b := coretest.NewTiny().Bytes(t)
	lost := errors.New("connection lost")
	for at := int64(0); at < int64(len(b)); at += 1777 {
		_, err := core.Open(context.Background(), failAfter{b, at, lost}, int64(len(b)), core.Options{})
		require.ErrorIs(t, err, lost)
		require.Equal(t, "io", core.Code(err))
		_, err = core.Open(context.Background(), bytes.NewReader(b[:at]), at, core.Options{})
		require.Equal(t, "bad_file", core.Code(err))
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls := 0
	_, err := core.Open(ctx, bytes.NewReader(b), int64(len(b)), core.Options{Progress: func(done, total int64) {
		if calls++; calls == 3 {
			cancel()
		}
		assert.LessOrEqual(t, done, total)
	}})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 3, calls)
}

// failAfter fails for what lies beyond a byte.
type failAfter struct {
	b   []byte
	n   int64
	err error
}

func (f failAfter) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.n {
		return 0, f.err
	}
	return copy(p, f.b[off:]), nil
}

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

func TestInfo(t *testing.T) {
	i := tiny(t).Info()
	assert.Equal(t, "llama", i.Architecture)
	assert.Equal(t, 600, i.ContextLength)
	assert.Equal(t, coretest.TinyVocab, i.VocabSize)
	assert.Equal(t, 8, i.HeadDim)
	assert.Equal(t, map[string]int{"F32": 7, "Q8_0": 5, "Q4_0": 6, "F16": 2}, i.Types)
	assert.Equal(t, i.Memory.Total, i.Memory.Weights+i.Memory.KV+i.Memory.Activations)
	assert.Positive(t, i.Memory.Weights)
}

package core_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// encoderDecoders returns the golden models with an encoder and a decoder.
func encoderDecoders(t *testing.T) (out []*coretest.Fixture) {
	for _, name := range coretest.GoldenNames(t) {
		if f := coretest.Golden(t, name); slices.Contains(arch.Names(), f.Arch) && f.Mode == "encoder-decoder" {
			out = append(out, f)
		}
	}
	require.NotEmpty(t, out)
	return out
}

// TestEncoderDecoder: logits, greedy tokens and what is traced of a text are those of the
// reference, and of the same bits with one worker to three, also after another text.
func TestEncoderDecoder(t *testing.T) {
	for _, f := range encoderDecoders(t) {
		t.Run(f.Name, func(t *testing.T) {
			data, err := os.ReadFile(f.ModelPath)
			require.NoError(t, err)
			o := everything(greedy(3))
			o.Logprobs, o.DecoderTokens = 3, f.DecoderPrompt
			_, wantLogits, ok := f.Section("logits")
			require.True(t, ok)
			for _, kvType := range []string{"f32", "int8"} {
				var rows [][]float32
				var ids []int32
				var tokens []core.Token
				for workers := 1; workers <= 3; workers++ {
					m := openWorkers(t, data, workers, core.Options{ContextLength: f.NCtx, KVType: kvType})
					require.True(t, m.Info().EncoderDecoder)
					gotRows, err := m.DecoderLogits(context.Background(), f.Prompt, f.DecoderPrompt)
					require.NoError(t, err)
					s, err := m.NewSession()
					require.NoError(t, err)
					collect(t, s, f.Prompt[3:9], greedy(2)) // another text, which leaves nothing
					after := greedy(len(f.Greedy))
					after.DecoderTokens = f.DecoderPrompt
					gotIDs, gotTokens := idsOf(collect(t, s, f.Prompt, after)), collect(t, s, f.Prompt, o)
					if workers > 1 {
						require.Equal(t, rows, gotRows, "%d workers", workers)
						require.Equal(t, ids, gotIDs, "%d workers", workers)
						require.Equal(t, tokens, gotTokens, "%d workers", workers)
						continue
					}
					rows, ids, tokens = gotRows, gotIDs, gotTokens
					if kvType == "f32" {
						require.LessOrEqual(t, maxDiff(t, wantLogits, slices.Concat(rows...)), tolerance(f))
						require.Equal(t, f.Greedy, ids)
						compareDecoderTrace(t, f, tokens[0])
					}
				}
			}
		})
	}
}

// compareDecoderTrace compares the first token's trace with the fixture.
func compareDecoderTrace(t *testing.T, f *coretest.Fixture, tok core.Token) {
	a, n := tok.Attention, len(f.DecoderPrompt)
	require.Equal(t, []int{0, n, n, len(f.Prompt)}, []int{a.First, a.Queries, a.Keys, a.Cross.Keys})
	rows := len(a.Heads) * n
	for i := range a.Layers {
		_, want, ok := f.Section(fmt.Sprintf("attn.%d", i))
		require.True(t, ok)
		require.LessOrEqual(t, maxDiff(t, want, a.Weights[i*rows*n:(i+1)*rows*n]), f.Tolerance.AttnAbs)
		_, want, ok = f.Section(fmt.Sprintf("cross_attn.%d", i))
		require.True(t, ok)
		require.LessOrEqual(t, maxDiff(t, want, a.Cross.Weights[i*rows*a.Cross.Keys:(i+1)*rows*a.Cross.Keys]), f.Tolerance.AttnAbs)
	}
	sum := float64(tok.Attribution.Embed + tok.Attribution.Bias)
	for _, part := range slices.Concat(tok.Attribution.Values, tok.Attribution.MLP) {
		sum += float64(part)
	}
	_, want, _ := f.Section("gen_logits")
	require.InDelta(t, want[tok.ID], sum, f.Tolerance.LogitsAbs, "the parts sum to the logit")
}

// TestAnswerIsTextOfItsOwn: what is written behind nothing but the token that begins a
// decoder's text is the text that its tokens have, without the space that a SentencePiece
// vocabulary puts first; behind words it goes on.
func TestAnswerIsTextOfItsOwn(t *testing.T) {
	spaces := 0
	for _, f := range encoderDecoders(t) {
		m := open(t, f.ModelPath, core.Options{ContextLength: f.NCtx})
		s, err := m.NewSession()
		require.NoError(t, err)
		for from := range 8 {
			text := func(o core.GenerateOptions) (text string, ids []int32) {
				for _, token := range collect(t, s, f.Prompt[from:], o) {
					text, ids = text+token.Text, append(ids, token.ID)
				}
				return text, ids
			}
			got, ids := text(greedy(6))
			want, err := m.Detokenize(ids)
			require.NoError(t, err)
			assert.Equal(t, want, got)

			o := greedy(6)
			o.DecoderTokens = append([]int32{0}, ids[:2]...)
			more, _ := text(o)
			if more != "" && more[0] == ' ' {
				spaces++
			}
		}
	}
	assert.Positive(t, spaces, "no word begins behind words")
}

// TestCrossTopK: the largest weights of the source text are among all of them, step by step.
func TestCrossTopK(t *testing.T) {
	f := encoderDecoders(t)[0]
	m := open(t, f.ModelPath, core.Options{ContextLength: f.NCtx})
	o := greedy(4)
	o.Attention = &core.AttentionOptions{}
	whole := traced(t, m, f.Prompt, o)
	o.Attention = &core.AttentionOptions{TopK: 2, Layers: []int{1}, Heads: []int{0, 3}}
	for i, tok := range traced(t, m, f.Prompt, o) {
		all, top := whole[i].Attention, tok.Attention
		require.Equal(t, i+1, all.Keys)
		require.Len(t, top.Cross.Weights, 4)
		for h, head := range []int{0, 3} {
			row := all.Cross.Weights[(len(all.Heads)+head)*all.Cross.Keys:][:all.Cross.Keys]
			for k, p := range top.Cross.Positions[2*h : 2*h+2] {
				require.Equal(t, row[p], top.Cross.Weights[2*h+k])
			}
			require.Equal(t, slices.Max(row), top.Cross.Weights[2*h])
		}
	}
}

// TestEncoderDecoderBadInput: what can't be is refused before anything is computed.
func TestEncoderDecoderBadInput(t *testing.T) {
	f := encoderDecoders(t)[0]
	m, ctx := open(t, f.ModelPath, core.Options{ContextLength: 20}), context.Background()
	fails := func(prompt []int32, change func(o *core.GenerateOptions)) error {
		s, err := m.NewSession()
		require.NoError(t, err)
		o := greedy(1)
		change(&o)
		for _, err := range s.Generate(ctx, prompt, o) {
			if err != nil {
				require.Zero(t, s.Len())
			}
			return err
		}
		return nil
	}
	none := func(*core.GenerateOptions) {}
	var option *errs.OptionError
	var full *core.ContextFullError
	var token *core.TokenError
	require.NoError(t, fails([]int32{5, 1}, none))
	require.ErrorAs(t, fails(nil, none), &option)
	require.ErrorAs(t, fails(make([]int32, 21), none), &full)
	assert.Equal(t, core.ContextFullError{Need: 21, Have: 20}, *full)
	require.ErrorAs(t, fails([]int32{5, 1}, func(o *core.GenerateOptions) { o.DecoderTokens = make([]int32, 21) }), &full)
	require.ErrorAs(t, fails([]int32{1 << 20}, none), &token)
	require.ErrorAs(t, fails([]int32{5}, func(o *core.GenerateOptions) { o.DecoderTokens = []int32{-1} }), &token)
	require.ErrorAs(t, fails([]int32{5}, func(o *core.GenerateOptions) { o.Overflow = core.OverflowShift }), &option)
	require.ErrorAs(t, fails([]int32{5}, func(o *core.GenerateOptions) { o.Attention = &core.AttentionOptions{MaxBytes: 10} }), &option)

	// Nothing is computed in vain, and what a session holds stays.
	s, err := m.NewSession()
	require.NoError(t, err)
	o := greedy(3)
	collect(t, s, []int32{5, 1}, o)
	held := slices.Clone(s.Tokens())
	require.NotEmpty(t, held)
	o.DecoderTokens = make([]int32, 21)
	for _, err := range s.Generate(ctx, []int32{5, 1}, o) {
		require.ErrorAs(t, err, &full)
	}
	require.Equal(t, held, s.Tokens())

	decoder := open(t, coretest.Golden(t, "llama_untied").ModelPath, core.Options{})
	_, err = decoder.DecoderLogits(ctx, []int32{5}, nil)
	require.ErrorAs(t, err, &option)
	s, err = decoder.NewSession()
	require.NoError(t, err)
	o = greedy(1)
	o.DecoderTokens = []int32{1}
	for _, err := range s.Generate(ctx, []int32{5}, o) {
		require.ErrorAs(t, err, &option)
	}
}

// TestEncoderDecoderEmbeds: the embedding is that of the encoder's output.
func TestEncoderDecoderEmbeds(t *testing.T) {
	for _, f := range encoderDecoders(t) {
		m := open(t, f.ModelPath, core.Options{ContextLength: f.NCtx})
		got, err := m.Embed(context.Background(), f.Prompt, core.EmbedOptions{Pooling: "cls"})
		require.NoError(t, err)
		_, want, ok := f.Section("enc.out")
		require.True(t, ok)
		require.LessOrEqual(t, maxDiff(t, want[:len(got)], got), f.Tolerance.LogitsAbs)
	}
}

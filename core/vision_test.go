package core_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

// file is a model in memory.
func file(data []byte) core.Parts {
	return core.Parts{{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}}
}

// goldenFile is a golden model.
func goldenFile(t *testing.T, name string) core.Parts {
	data, err := os.ReadFile(coretest.Golden(t, name).ModelPath)
	require.NoError(t, err)
	return file(data)
}

func visionFile(t *testing.T, words int) core.Parts {
	return file(coretest.NewVision(words, false).Bytes(t, quant.F32))
}

// openSeeing opens a golden model with the small encoder of pictures.
func openSeeing(t *testing.T, workers int) *core.Model {
	m, err := core.OpenWorkers(context.Background(), goldenFile(t, "llama_untied"), workers, core.Options{})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	require.NoError(t, m.OpenVision(context.Background(), visionFile(t, 64)))
	return m
}

// image is a picture that depends on a seed.
func image(width, height, seed int) core.Image {
	img := core.Image{Width: width, Height: height, Pixels: make([]byte, 4*width*height)}
	for i := range img.Pixels {
		img.Pixels[i] = byte(i*i*7 + seed*i + seed)
	}
	return img
}

// TestImageRowsAreEmbeddings: where the rows of a picture are those of words, the model gives
// what it gives for the words.
func TestImageRowsAreEmbeddings(t *testing.T) {
	ctx := context.Background()
	source := goldenFile(t, "llama_untied")
	f, err := gguf.Read(source[0].ReaderAt, source[0].Size)
	require.NoError(t, err)
	x, ok := f.Tensor("token_embd.weight")
	require.True(t, ok)
	typ, err := x.Type()
	require.NoError(t, err)
	size, _ := typ.RowBytes(x.Cols())
	m, err := core.OpenSource(ctx, source, core.Options{})
	require.NoError(t, err)
	words := []int32{5, 17, 100}
	rows := make([]float32, len(words)*x.Cols())
	for i, id := range words {
		raw := make([]byte, size)
		require.NoError(t, f.ReadTensor(x, raw, int64(int(id)*size)))
		typ.Dequantize(rows[i*x.Cols():(i+1)*x.Cols()], raw)
	}
	m.SetImageRows(rows)
	first := int32(m.Info().VocabSize)
	want, err := m.AllLogits(ctx, []int32{1, 17, 5, 100, 9})
	require.NoError(t, err)
	got, err := m.AllLogits(ctx, []int32{1, first + 1, first, first + 2, 9})
	require.NoError(t, err)
	assert.Equal(t, want, got)
	_, err = m.Logits(ctx, []int32{first + 3})
	var token *core.TokenError
	require.ErrorAs(t, err, &token)
	assert.Equal(t, first+3, token.ID)
}

// TestAddImage: a picture has as many ids as Info says, the same ones each time, and they
// change what the model says; text that isn't theirs is refused.
func TestAddImage(t *testing.T) {
	ctx := context.Background()
	m := openSeeing(t, 1)
	n, vocab := m.Info().ImageTokens, int32(m.Info().VocabSize)
	require.Equal(t, 9, n)
	alone, err := core.OpenSource(ctx, goldenFile(t, "llama_untied"), core.Options{})
	require.NoError(t, err)
	assert.Greater(t, m.Info().Memory.Weights, alone.Info().Memory.Weights)
	assert.Equal(t, m.Info().Memory, m.Info().WorkerMemory[0])

	a, err := m.AddImage(ctx, image(30, 20, 1))
	require.NoError(t, err)
	b, err := m.AddImage(ctx, image(30, 20, 2))
	require.NoError(t, err)
	again, err := m.AddImage(ctx, image(30, 20, 1))
	require.NoError(t, err)
	assert.Equal(t, a, again)
	for i := range n {
		assert.Equal(t, vocab+int32(i), a[i])
		assert.Equal(t, vocab+int32(n+i), b[i])
	}
	one, err := m.Logits(ctx, slices.Concat([]int32{1, 5}, a, []int32{7}))
	require.NoError(t, err)
	two, err := m.Logits(ctx, slices.Concat([]int32{1, 5}, b, []int32{7}))
	require.NoError(t, err)
	assert.NotEqual(t, one, two)

	var option *errs.OptionError
	for _, bad := range []core.Image{{}, {Width: 2, Height: 2, Pixels: make([]byte, 15)}, {Width: -1, Height: -1, Pixels: make([]byte, 4)}, {Width: 1 << 30, Height: 1 << 34}} {
		_, err := m.AddImage(ctx, bad)
		assert.ErrorAs(t, err, &option)
	}
	_, err = alone.AddImage(ctx, image(2, 2, 1))
	var unsupported *errs.UnsupportedError
	assert.ErrorAs(t, err, &unsupported)
	ended, cancel := context.WithCancelCause(ctx)
	cancel(os.ErrDeadlineExceeded)
	_, err = m.AddImage(ended, image(2, 2, 3))
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
	m.Close()
	_, err = m.AddImage(ctx, image(2, 2, 4))
	var worker *core.WorkerError
	assert.ErrorAs(t, err, &worker)
	_, err = m.Detokenize(a)
	var token *core.TokenError
	assert.ErrorAs(t, err, &token)
}

// TestOpenVisionRefused: an encoder of words of another width, of a model that takes no pictures,
// that is none, or for which there is no room.
func TestOpenVisionRefused(t *testing.T) {
	ctx := context.Background()
	open := func(name string, limit int64, vision core.Source) error {
		m, err := core.OpenSource(ctx, goldenFile(t, name), core.Options{MemoryLimit: limit})
		require.NoError(t, err)
		before := m.Info()
		err = m.OpenVision(ctx, vision)
		require.Error(t, err)
		assert.Equal(t, before, m.Info())
		_, err2 := m.AddImage(ctx, image(2, 2, 1))
		var unsupported *errs.UnsupportedError
		assert.ErrorAs(t, err2, &unsupported)
		return err
	}
	var format *errs.FormatError
	assert.ErrorAs(t, open("llama_untied", 0, visionFile(t, 32)), &format)
	var unsupported *errs.UnsupportedError
	assert.ErrorAs(t, open("gpt2", 0, visionFile(t, 64)), &unsupported)
	assert.ErrorAs(t, open("llama_untied", 0, goldenFile(t, "llama_untied")), &unsupported)
	m := openSeeing(t, 1)
	assert.ErrorAs(t, m.OpenVision(ctx, visionFile(t, 64)), &unsupported, "a second one")
	var memory *core.MemoryError
	assert.ErrorAs(t, open("llama_untied", m.Info().Memory.Total-1, visionFile(t, 64)), &memory)
	ended, cancel := context.WithCancelCause(ctx)
	cancel(os.ErrDeadlineExceeded)
	alone, err := core.OpenSource(ctx, goldenFile(t, "llama_untied"), core.Options{})
	require.NoError(t, err)
	assert.ErrorIs(t, alone.OpenVision(ended, visionFile(t, 64)), os.ErrDeadlineExceeded)
}

// TestTokenizeImages: a picture stands where the text says so, between its tokens.
func TestTokenizeImages(t *testing.T) {
	m := openSeeing(t, 1)
	picture, err := m.AddImage(context.Background(), image(9, 9, 1))
	require.NoError(t, err)
	ids, err := m.TokenizeImages("see <image>and", picture)
	require.NoError(t, err)
	at := slices.Index(ids, picture[0])
	require.Positive(t, at)
	assert.Equal(t, picture, ids[at:at+len(picture)])
	before, err := m.TokenizePrompt("see <fake_token_around_image><global-img>")
	require.NoError(t, err)
	after, err := m.Tokenize("<fake_token_around_image>and", false)
	require.NoError(t, err)
	assert.Equal(t, before, ids[:at])
	assert.Equal(t, after, ids[at+len(picture):])
	for _, text := range []string{"none", "<image><image>"} {
		_, err := m.TokenizeImages(text, picture)
		var option *errs.OptionError
		assert.ErrorAs(t, err, &option, text)
	}
}

// TestImagesAndWorkers: the tokens behind pictures don't depend on the number of workers,
// and pictures go with speculation, penalties and a context that shifts.
func TestImagesAndWorkers(t *testing.T) {
	ctx := context.Background()
	o := core.DefaultGenerateOptions()
	o.MaxTokens, o.IgnoreEOS, o.Temperature, o.RepetitionPenalty = 300, true, 0.7, 1.2
	o.Overflow = core.OverflowShift
	core.SetBatchCost(t, 1, 0.01)
	var want [][]int32
	for _, workers := range []int{1, 2, 3} {
		m := openSeeing(t, workers)
		var got [][]int32
		for _, speculate := range []int{0, 4} {
			o.Speculate = speculate
			s, err := m.NewSession()
			require.NoError(t, err)
			var ids []int32
			for seed := range 2 { // the second picture comes in a second prompt
				picture, err := m.AddImage(ctx, image(40, 30, seed+1))
				require.NoError(t, err)
				for token, err := range s.Generate(ctx, slices.Concat([]int32{1, 9}, picture, []int32{4}, picture), o) {
					require.NoError(t, err)
					ids = append(ids, token.ID)
				}
			}
			got = append(got, ids)
		}
		if want == nil {
			want = got
			require.Len(t, want[0], 600)
			assert.Equal(t, want[0], want[1])
		}
		assert.Equal(t, want, got, "%d workers", workers)
	}
}

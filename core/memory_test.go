package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/chat"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// headerOnly fails when anything behind the header is read: tensors begin at limit.
type headerOnly struct {
	io.ReaderAt
	limit int64
}

func (r headerOnly) ReadAt(p []byte, off int64) (int, error) {
	if off >= r.limit {
		return 0, errors.New("a tensor was read")
	}
	return r.ReaderAt.ReadAt(p, off)
}

// TestMemoryNeeds holds the needs that are told before a load to what a session
// of full length has taken afterwards, on every golden model that runs here.
func TestMemoryNeeds(t *testing.T) {
	coretest.SkipLong(t)
	for _, name := range coretest.GoldenNames(t) {
		fixture := coretest.Golden(t, name)
		b, err := os.ReadFile(fixture.ModelPath)
		require.NoError(t, err)
		for _, kvType := range []string{"f32", "int8"} {
			o := Options{ContextLength: 300, KVType: kvType}
			part := Part{ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
			info, err := Inspect(context.Background(), Parts{part}, 1, o)
			var option *errs.OptionError
			if errors.As(err, &option) { // its positions end before
				o.ContextLength = 64
				info, err = Inspect(context.Background(), Parts{part}, 1, o)
			}
			if err != nil || !info.Supported {
				continue // other tests say what runs
			}
			t.Run(name+" "+kvType, func(t *testing.T) {
				m, err := OpenParts(context.Background(), []Part{part}, o)
				require.NoError(t, err)
				assert.Equal(t, info, m.Info())
				s := m.newSession(1)
				s.logits = make([]float32, info.VocabSize)
				if info.Encoder || info.EncoderDecoder {
					err = s.runHidden(make([]int32, o.ContextLength), make([]float32, o.ContextLength*info.HiddenSize))
					require.NoError(t, err)
				}
				if !info.Encoder {
					_, err = s.prefill(context.Background(), make([]int32, o.ContextLength))
				}
				require.NoError(t, err)
				assert.Equal(t, info.Memory.KV, s.cache.Bytes())
				took := s.nn.Bytes() + int64(8*info.VocabSize)
				assert.LessOrEqual(t, took, info.Memory.Activations+1<<16, "working memory")
				assert.Less(t, info.Memory.Activations, 2*took+1<<18, "the estimate is near")
			})
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	b := coretest.NewTiny().Bytes(t)
	part := Part{ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
	info, err := Inspect(context.Background(), Parts{part}, 1, Options{})
	require.NoError(t, err)
	memory := info.Memory
	assert.Equal(t, memory.Total, memory.Weights+memory.KV+memory.Activations)

	h, err := Parts{part}.header(context.Background())
	require.NoError(t, err)
	guarded := Parts{{ReaderAt: headerOnly{part, h.file.DataOffset}, Size: part.Size}}
	_, err = OpenParts(context.Background(), guarded, Options{MemoryLimit: memory.Total - 1})
	var refused *MemoryError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, MemoryError{memory, memory.Total - 1}, *refused)
	assert.Equal(t, "memory", Code(err))
	_, err = Inspect(context.Background(), guarded, 1, Options{})
	require.NoError(t, err, "no tensor is read")
	_, err = OpenParts(context.Background(), []Part{part}, Options{MemoryLimit: memory.Total})
	require.NoError(t, err)
}

func TestInspectUnsupported(t *testing.T) {
	tiny := coretest.NewTiny()
	tiny.Keys["general.architecture"], tiny.Keys["general.name"] = "perceptron", "Old one"
	b := tiny.Bytes(t)
	info, err := Inspect(context.Background(), Parts{{ReaderAt: bytes.NewReader(b), Size: int64(len(b))}}, 1, Options{})
	require.NoError(t, err)
	assert.False(t, info.Supported)
	assert.Contains(t, info.Reason, "perceptron")
	assert.Equal(t, "Old one", info.Name)
	assert.Positive(t, info.Parameters)
	assert.Zero(t, info.Memory)

	_, err = Inspect(context.Background(), Parts{{ReaderAt: bytes.NewReader(b[:900]), Size: 900}}, 1, Options{})
	var broken *errs.FormatError
	require.ErrorAs(t, err, &broken)
}

// TestInspectUnsupportedFolder: of a folder whose architecture is not known, the name
// and the reason are told.
func TestInspectUnsupportedFolder(t *testing.T) {
	dir := Folder{fstest.MapFS{"config.json": {Data: []byte(`{"architectures":["MambaForCausalLM"],"hidden_size":64}`)}}}
	info, err := Inspect(context.Background(), dir, 1, Options{})
	require.NoError(t, err)
	assert.Equal(t, "MambaForCausalLM", info.Architecture)
	assert.False(t, info.Supported)
	assert.Contains(t, info.Reason, `"MambaForCausalLM"`)
	assert.Contains(t, info.Reason, "LlamaForCausalLM", "what is supported")

	var broken *errs.FormatError
	_, err = Inspect(context.Background(), Folder{fstest.MapFS{"config.json": {Data: []byte(`{"architectures":[]}`)}}}, 1, Options{})
	require.ErrorAs(t, err, &broken)
}

// TestOpenText: text needs no weights, and no architecture that is known.
func TestOpenText(t *testing.T) {
	tiny := coretest.NewTiny()
	tiny.Keys["general.architecture"], tiny.Keys["tokenizer.chat_template"] = "perceptron", "{{ bos_token }}{{ messages[0].content }}"
	b := tiny.Bytes(t)
	part := Part{ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
	h, err := Parts{part}.header(context.Background())
	require.NoError(t, err)
	text, err := OpenText(context.Background(), Parts{{ReaderAt: headerOnly{part, h.file.DataOffset}, Size: part.Size}})
	require.NoError(t, err)
	prompt, err := text.ApplyChatTemplate(chat.Input{Messages: []any{map[string]any{"role": "user", "content": "a b"}}})
	require.NoError(t, err)
	assert.Equal(t, "<s>a b", prompt)
	ids, err := text.TokenizePrompt(prompt)
	require.NoError(t, err)
	back, err := text.Detokenize(ids[1:])
	require.NoError(t, err)
	assert.Contains(t, back, "a b")
	var bad *TokenError
	_, err = text.Detokenize([]int32{coretest.TinyVocab})
	require.ErrorAs(t, err, &bad)

	_, err = OpenText(context.Background(), Parts{{ReaderAt: bytes.NewReader(b[:900]), Size: 900}})
	var broken *errs.FormatError
	require.ErrorAs(t, err, &broken)
}

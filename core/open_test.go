package core_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/quant"
)

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
	for _, n := range []int{-1, math.MaxInt32 + 1, math.MaxInt} {
		_, err := core.Open(context.Background(), bytes.NewReader(nil), 0, core.Options{ContextLength: n})
		var oe *errs.OptionError
		require.ErrorAs(t, err, &oe)
		assert.Equal(t, "contextLength", oe.Option)
	}
	f := coretest.Golden(t, "nomic_bert") // whose whole text is one batch
	b, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	_, err = core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{ContextLength: math.MaxInt32, MemoryLimit: 1 << 30})
	require.Equal(t, "memory", core.Code(err))
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

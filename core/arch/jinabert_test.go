package arch_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// encode returns the hidden states that an encoder has of ids.
func encode(t *testing.T, data []byte, ids []int32) []float32 {
	t.Helper()
	d, c, binder, err := arch.New(read(t, data), shard.Solo)
	require.NoError(t, err)
	require.NoError(t, binder.Load(context.Background(), nil))
	hidden := make([]float32, len(ids)*c.HiddenSize)
	d.Forward(&arch.Batch{IDs: ids, Cache: c.NewCache(kvcache.F32, len(ids)), Context: &nn.Context{}, Hidden: hidden})
	return hidden
}

// TestJinaBERTVariants: gate and up in one tensor are those of two; a second norm
// behind attention is of the first one's output plus the block's input; and norms of
// queries and keys may be absent.
func TestJinaBERTVariants(t *testing.T) {
	f := coretest.Golden(t, "jina_bert_v2")
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	want := encode(t, data, f.Prompt)

	joined := coretest.Edit(t, data)
	for _, blk := range []string{"blk.0.", "blk.1."} {
		gate, up := joined.Tensors[blk+"ffn_gate.weight"], joined.Tensors[blk+"ffn_up.weight"]
		delete(joined.Tensors, blk+"ffn_gate.weight")
		up.Shape = []int64{up.Shape[0], 2 * up.Shape[1]}
		up.Raw = append(gate.Raw, up.Raw...)
		joined.Tensors[blk+"ffn_up.weight"] = up
	}
	assert.Equal(t, want, encode(t, joined.Bytes(t), f.Prompt), "gate and up in one tensor")

	// Where attention gives nothing, both norms of its output have only the input to see.
	deaf, second := coretest.Edit(t, data), coretest.Edit(t, data)
	for _, blk := range []string{"blk.0.", "blk.1."} {
		for _, part := range []string{"weight", "bias"} {
			clear(deaf.Tensors[blk+"attn_output."+part].Raw)
			norm := second.Tensors[blk+"attn_output_norm."+part]
			second.Tensors[blk+"attn_norm_2."+part] = norm
			norm.Raw = make([]byte, len(norm.Raw)) // the first gives nothing
			second.Tensors[blk+"attn_output_norm."+part] = norm
		}
	}
	assert.Equal(t, encode(t, deaf.Bytes(t), f.Prompt), encode(t, second.Bytes(t), f.Prompt), "the second norm")

	plain := coretest.Edit(t, data)
	for _, blk := range []string{"blk.0.", "blk.1."} {
		for _, name := range []string{"attn_q_norm.weight", "attn_q_norm.bias", "attn_k_norm.weight", "attn_k_norm.bias"} {
			delete(plain.Tensors, blk+name)
		}
	}
	assert.NotEqual(t, want, encode(t, plain.Bytes(t), f.Prompt), "without norms of queries and keys")
}

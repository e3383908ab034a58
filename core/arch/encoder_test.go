package arch_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// encode returns the hidden states that an encoder has of ids.
func encode(t *testing.T, e *coretest.Edited, ids []int32) []float32 {
	t.Helper()
	d, c, binder, err := arch.New(read(t, e.Bytes(t)), shard.Solo)
	require.NoError(t, err)
	require.NoError(t, binder.Load(context.Background(), nil))
	hidden := make([]float32, len(ids)*c.HiddenSize)
	d.Forward(&arch.Batch{IDs: ids, Cache: c.NewCache(kvcache.F32, len(ids)), Context: &nn.Context{}, Hidden: hidden})
	return hidden
}

// edit returns a golden model to change, and its prompt.
func edit(t *testing.T, name string) (*coretest.Edited, []int32) {
	t.Helper()
	f := coretest.Golden(t, name)
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	return coretest.Edit(t, data), f.Prompt
}

// TestEncoderVariants: files in the wild have some things in one tensor or in
// several, or not at all; the result is the same.
func TestEncoderVariants(t *testing.T) {
	for _, c := range []struct {
		name, golden string
		change       func(e *coretest.Edited)
	}{
		{"query, key and value in one tensor", "bert", func(e *coretest.Edited) {
			for _, blk := range []string{"blk.0.", "blk.1.", "blk.2."} {
				join(e, blk, "attn_qkv", "attn_q", "attn_k", "attn_v")
			}
		}},
		{"the first type's embedding in that of each token", "bert", func(e *coretest.Edited) {
			types, table := e.Tensors["token_types.weight"].Values(), e.Tensors["token_embd.weight"]
			values := table.Values()
			for i := range values {
				values[i] += types[i%int(table.Shape[0])]
			}
			quant.F32.Quantize(table.Raw, values)
			delete(e.Tensors, "token_types.weight")
		}},
		{"gate and up in one tensor", "jina_bert_v2", func(e *coretest.Edited) {
			for _, blk := range []string{"blk.0.", "blk.1."} {
				join(e, blk, "ffn_up", "ffn_gate", "ffn_up")
			}
		}},
		{"a period of windows", "modern_bert", func(e *coretest.Edited) {
			e.Keys["modern-bert.attention.sliding_window_pattern"] = uint32(3)
		}},
		{"the activation by its name", "modern_bert", func(e *coretest.Edited) {
			e.Keys["modern-bert.hidden_activation"] = "gelu"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, ids := edit(t, c.golden)
			want := encode(t, e, ids)
			c.change(e)
			assert.Equal(t, want, encode(t, e, ids))
		})
	}
}

// join puts tensors of a block on top of each other.
func join(e *coretest.Edited, blk, name string, parts ...string) {
	for _, suffix := range []string{".weight", ".bias"} {
		whole, found := coretest.EditedTensor{}, false
		for _, p := range parts {
			t, ok := e.Tensors[blk+p+suffix]
			if !ok {
				continue
			}
			delete(e.Tensors, blk+p+suffix)
			if found {
				t.Shape = append([]int64{}, t.Shape...)
				t.Shape[len(t.Shape)-1] += whole.Shape[len(t.Shape)-1]
				t.Raw = append(append([]byte{}, whole.Raw...), t.Raw...)
			}
			whole, found = t, true
		}
		if found {
			e.Tensors[blk+name+suffix] = whole
		}
	}
}

// TestEncodersDiffer: what a file says otherwise changes the result.
func TestEncodersDiffer(t *testing.T) {
	for _, c := range []struct {
		name, golden string
		change       func(e *coretest.Edited)
	}{
		{"no norms of queries and keys", "jina_bert_v2", func(e *coretest.Edited) {
			for _, name := range []string{"q_norm.weight", "q_norm.bias", "k_norm.weight", "k_norm.bias"} {
				delete(e.Tensors, "blk.0.attn_"+name)
				delete(e.Tensors, "blk.1.attn_"+name)
			}
		}},
		{"another period of windows", "modern_bert", func(e *coretest.Edited) {
			e.Keys["modern-bert.attention.sliding_window_pattern"] = uint32(2)
		}},
		{"no base of layers with windows", "modern_bert", func(e *coretest.Edited) {
			delete(e.Keys, "modern-bert.rope.freq_base_swa")
		}},
		{"another activation", "modern_bert", func(e *coretest.Edited) {
			e.Keys["modern-bert.hidden_activation"] = "silu"
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, ids := edit(t, c.golden)
			want := encode(t, e, ids)
			c.change(e)
			assert.NotEqual(t, want, encode(t, e, ids))
		})
	}
}

// TestJinaBERTSecondNorm: the second norm behind attention is of the first one's output
// plus the block's input. Where attention gives nothing, the first has only the input
// to see; and where the first gives nothing, so has the second.
func TestJinaBERTSecondNorm(t *testing.T) {
	first, ids := edit(t, "jina_bert_v2")
	second, _ := edit(t, "jina_bert_v2")
	for _, blk := range []string{"blk.0.", "blk.1."} {
		for _, part := range []string{"weight", "bias"} {
			clear(first.Tensors[blk+"attn_output."+part].Raw)
			norm := second.Tensors[blk+"attn_output_norm."+part]
			second.Tensors[blk+"attn_norm_2."+part] = norm
			norm.Raw = make([]byte, len(norm.Raw))
			second.Tensors[blk+"attn_output_norm."+part] = norm
		}
	}
	assert.Equal(t, encode(t, first, ids), encode(t, second, ids))
}

// TestEncodersRefuse: what can't be computed as the file wants it is refused.
func TestEncodersRefuse(t *testing.T) {
	for _, c := range []struct {
		name, golden, what string
		change             func(e *coretest.Edited)
	}{
		{"an encoder that sees nothing ahead", "bert", "attention.causal", func(e *coretest.Edited) { e.Keys["bert.attention.causal"] = true }},
		{"an unknown activation", "modern_bert", `"relu"`, func(e *coretest.Edited) { e.Keys["modern-bert.hidden_activation"] = "relu" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, _ := edit(t, c.golden)
			c.change(e)
			_, _, _, err := arch.New(read(t, e.Bytes(t)), shard.Solo)
			var unsupported *errs.UnsupportedError
			require.ErrorAs(t, err, &unsupported)
			assert.ErrorContains(t, err, c.what)
		})
	}
	e, _ := edit(t, "bert")
	types := e.Tensors["token_types.weight"]
	types.Shape = []int64{32, 4}
	e.Tensors["token_types.weight"] = types
	_, _, _, err := arch.New(read(t, e.Bytes(t)), shard.Solo)
	var broken *errs.FormatError
	require.ErrorAs(t, err, &broken)
	assert.ErrorContains(t, err, `"token_types.weight"`)
}

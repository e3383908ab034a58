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
	"github.com/gander-lm/gander/core/shard"
)

// gemma4 returns the golden model, to be changed.
func gemma4(t *testing.T) (*coretest.Fixture, *coretest.Edited) {
	f := coretest.Golden(t, "gemma4")
	data, err := os.ReadFile(f.ModelPath)
	require.NoError(t, err)
	return f, coretest.Edit(t, data)
}

func logits(t *testing.T, data []byte, ids []int32) []float32 {
	t.Helper()
	d, c, binder, err := arch.New(read(t, data), shard.Solo)
	require.NoError(t, err)
	require.NoError(t, binder.Load(context.Background(), nil))
	b := &arch.Batch{IDs: ids, Cache: c.NewCache(kvcache.F32, len(ids)), Context: &nn.Context{}, Logits: make([]float32, len(ids)*c.VocabSize)}
	d.Forward(b)
	return b.Logits
}

// TestGemma4ValuesOfKeys: a layer without values takes the keys before their norm,
// what the golden model has nowhere; it is the same model with the matrix twice.
func TestGemma4ValuesOfKeys(t *testing.T) {
	f, e := gemma4(t)
	original := logits(t, e.Bytes(t), f.Prompt)
	e.Tensors["blk.1.attn_v.weight"] = e.Tensors["blk.1.attn_k.weight"]
	e.Tensors["blk.2.attn_v.weight"] = e.Tensors["blk.2.attn_k.weight"]
	want := logits(t, e.Bytes(t), f.Prompt)
	delete(e.Tensors, "blk.1.attn_v.weight")
	delete(e.Tensors, "blk.2.attn_v.weight")
	assert.Equal(t, want, logits(t, e.Bytes(t), f.Prompt))
	assert.NotEqual(t, original, want)
}

// TestGemma4Heads: a layer may have fewer key and value heads than others, as the
// largest models have; it is the same model with each of them twice.
func TestGemma4Heads(t *testing.T) {
	f, e := gemma4(t)
	var first, twice []int
	for i := range 16 {
		first = append(first, i)
	}
	twice = append(first, first...)
	change := func(rows []int) {
		for _, name := range []string{"blk.0.attn_k.weight", "blk.0.attn_v.weight"} {
			e.Tensors[name] = e.Tensors[name].Rows(rows...)
		}
	}
	change(twice)
	want := logits(t, e.Bytes(t), f.Prompt)
	change(first)
	e.Keys["gemma4.attention.head_count_kv"] = []int32{1, 2, 2, 2, 2}
	assert.Equal(t, want, logits(t, e.Bytes(t), f.Prompt))
}

// TestGemma4WithoutInputs: the largest models have no embeddings for their layers.
func TestGemma4WithoutInputs(t *testing.T) {
	f, e := gemma4(t)
	for name, tensor := range e.Tensors {
		if name == "per_layer_proj_norm.weight" || len(name) > 6 && name[6:] == "post_norm.weight" {
			clear(tensor.Raw) // nothing is added
		}
	}
	want := logits(t, e.Bytes(t), f.Prompt)
	e.Keys["gemma4.embedding_length_per_layer_input"] = uint32(0)
	for name := range e.Tensors {
		if name == "per_layer_token_embd.weight" || len(name) > 6 && (name[6:] == "inp_gate.weight" || name[6:] == "proj.weight") {
			delete(e.Tensors, name)
		}
	}
	assert.Equal(t, want, logits(t, e.Bytes(t), f.Prompt))
}

// TestGemma4Broken: keys that contradict each other are refused.
func TestGemma4Broken(t *testing.T) {
	for what, change := range map[string]func(map[string]any){
		"no earlier layer": func(k map[string]any) { k["gemma4.attention.shared_kv_layers"] = uint32(4) },
		"head_count_kv":    func(k map[string]any) { k["gemma4.attention.head_count_kv"] = []int32{2, 2} },
		"key and value":    func(k map[string]any) { k["gemma4.attention.head_count_kv"] = []int32{2, 0, 2, 2, 2} },
		"window":           func(k map[string]any) { k["gemma4.rope.dimension_count_swa"] = uint32(18) },
	} {
		_, e := gemma4(t)
		change(e.Keys)
		_, _, _, err := arch.New(read(t, e.Bytes(t)), shard.Solo)
		var broken *errs.FormatError
		require.ErrorAs(t, err, &broken, what)
		assert.ErrorContains(t, err, what)
	}
	_, e := gemma4(t)
	e.Keys["gemma4.expert_count"] = uint32(8)
	_, _, _, err := arch.New(read(t, e.Bytes(t)), shard.Solo)
	var unsupported *errs.UnsupportedError
	require.ErrorAs(t, err, &unsupported)
}

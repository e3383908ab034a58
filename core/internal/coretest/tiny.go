package coretest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// Tiny describes a small llama model with random weights, a "llama" vocabulary of
// bytes and a few pieces, and no secrets: tests change it before it is written.
type Tiny struct {
	Keys    map[string]any
	Tensors map[string]TinyTensor
}

// TinyTensor is a tensor to be filled with random values.
type TinyTensor struct {
	Shape []int64 // innermost first
	Type  quant.Type
}

// Sizes of the tiny model.
const (
	TinyHidden = 32
	TinyLayers = 2
	TinyVocab  = 3 + 256 + 4
)

// NewTiny returns the description of a model that works.
func NewTiny() *Tiny {
	t := &Tiny{Keys: map[string]any{
		"general.architecture": "llama", "llama.context_length": uint32(600), "llama.embedding_length": uint32(TinyHidden),
		"llama.block_count": uint32(TinyLayers), "llama.feed_forward_length": uint32(64), "llama.attention.head_count": uint32(4),
		"llama.attention.head_count_kv": uint32(2), "llama.attention.layer_norm_rms_epsilon": float32(1e-5),
		"tokenizer.ggml.model": "llama", "tokenizer.ggml.bos_token_id": uint32(1), "tokenizer.ggml.eos_token_id": uint32(2), "tokenizer.ggml.unknown_token_id": uint32(0),
	}, Tensors: map[string]TinyTensor{}}
	tokens, types := []string{"<unk>", "<s>", "</s>"}, []int32{2, 3, 3}
	for b := range 256 {
		tokens, types = append(tokens, fmt.Sprintf("<0x%02X>", b)), append(types, 6)
	}
	for _, s := range []string{"▁", "a", "b", "▁a"} {
		tokens, types = append(tokens, s), append(types, 1)
	}
	t.Keys["tokenizer.ggml.tokens"], t.Keys["tokenizer.ggml.token_type"], t.Keys["tokenizer.ggml.scores"] = tokens, types, make([]float32, len(tokens))

	add := func(name string, typ quant.Type, shape ...int64) { t.Tensors[name+".weight"] = TinyTensor{shape, typ} }
	add("token_embd", quant.Q8_0, TinyHidden, TinyVocab)
	add("output_norm", quant.F32, TinyHidden)
	for i := range TinyLayers {
		b := fmt.Sprintf("blk.%d.", i)
		add(b+"attn_norm", quant.F32, TinyHidden)
		add(b+"attn_q", quant.Q8_0, TinyHidden, 32)
		add(b+"attn_k", quant.Q4_0, TinyHidden, 16)
		add(b+"attn_v", quant.F32, TinyHidden, 16)
		add(b+"attn_output", quant.Q8_0, 32, TinyHidden)
		add(b+"ffn_norm", quant.F32, TinyHidden)
		add(b+"ffn_gate", quant.Q4_0, TinyHidden, 64)
		add(b+"ffn_up", quant.Q4_0, TinyHidden, 64)
		add(b+"ffn_down", quant.Float16, 64, TinyHidden)
	}
	return t
}

// Bytes returns the file.
func (t *Tiny) Bytes(tb testing.TB) []byte {
	tb.Helper()
	w := gguf.NewWriter()
	for _, k := range sortedKeys(t.Keys) {
		w.Set(k, t.Keys[k])
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range sortedKeys(t.Tensors) {
		x := t.Tensors[name]
		w.AddTensor(name, x.Shape, x.Type, func(out io.Writer) error {
			n := int64(1)
			for _, d := range x.Shape {
				n *= d
			}
			values := make([]float32, n)
			for i := range values {
				values[i] = float32(r.NormFloat64())
				if strings.Contains(name, "norm") {
					values[i] = 1
				}
			}
			raw := make([]byte, n/int64(x.Type.BlockLen)*int64(x.Type.BlockBytes))
			x.Type.Quantize(raw, values)
			return binary.Write(out, binary.LittleEndian, raw)
		})
	}
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(tb, err)
	return b.Bytes()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

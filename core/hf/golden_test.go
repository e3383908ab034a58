package hf_test

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/hf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

var goldens = []struct {
	name   string
	config map[string]any // what the golden file's keys don't say
}{
	{"llama_untied", map[string]any{"tie_word_embeddings": false}},
	{"llama_tied_bpe", map[string]any{"tie_word_embeddings": true}},
	{"llama_bias", map[string]any{"attention_bias": true}},
	{"llama_linear_rope", map[string]any{"rope_scaling": map[string]any{"type": "linear", "factor": 4}}},
	{"llama_yarn", map[string]any{"rope_scaling": map[string]any{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 64}}},
	{"llama3_freqs_headdim", map[string]any{"rope_scaling": map[string]any{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64}}},
	{"qwen2", map[string]any{"use_sliding_window": false, "sliding_window": 128}},
	{"qwen3", nil},
	{"gemma", map[string]any{"hidden_activation": nil}},
	{"gemma2", map[string]any{"query_pre_attn_scalar": 16, "hidden_activation": "gelu_pytorch_tanh"}},
	{"gemma3", map[string]any{"query_pre_attn_scalar": 16, "rope_scaling": nil}},
	{"gemma3_linear", map[string]any{"rope_scaling": map[string]any{"rope_type": "linear", "factor": 8.0}}},
	{"phi3_short", map[string]any{"original_max_position_embeddings": 512, "rope_scaling": "factors", "attention_factor": 1.19}},
	{"phi3_long", map[string]any{"original_max_position_embeddings": 64, "rope_scaling": "factors", "attention_factor": 1.19}},
	{"phi4_partial", map[string]any{"original_max_position_embeddings": 64, "rope_scaling": "factors", "attention_factor": 1.1, "partial_rotary_factor": 0.75, "tie_word_embeddings": true}},
	{"gpt2", nil},
	{"gptneox", map[string]any{"rotary_pct": 0.25, "tie_word_embeddings": false}},
	{"gptneox_seq", map[string]any{"rotary_pct": 1}},
	{"smollm3", map[string]any{"no_rope_layers": []int{1, 1, 1, 0, 1}}},
	{"olmo2", nil},
	{"olmo3_swa_yarn", map[string]any{"architectures": []string{"Olmo3ForCausalLM"}, "layer_types": []string{"sliding_attention", "sliding_attention", "sliding_attention", "full_attention"},
		"rope_scaling": map[string]any{"rope_type": "yarn", "factor": 8, "original_max_position_embeddings": 64, "attention_factor": 1.2079442 * (1 + 0.1*math.Log(8))}}},
	{"granite", nil},
	{"granitemoe", nil},
	{"stablelm", nil},
	{"stablelm2_par", nil},
	{"starcoder2", nil},
	{"phi2", nil},
	{"command_r", nil},
	{"cohere2", nil},
	{"mixtral_moe", nil},
	{"qwen2moe", map[string]any{"norm_topk_prob": false, "decoder_sparse_step": 1, "mlp_only_layers": []int{}}},
	{"qwen3moe", map[string]any{"norm_topk_prob": true}},
	{"bert", map[string]any{"type_vocab_size": 2, "position_embedding_type": "absolute"}},
	{"bert", map[string]any{"model_type": "distilbert", "hidden_size": nil, "dim": 64, "num_hidden_layers": nil, "n_layers": 3, "num_attention_heads": nil, "n_heads": 4,
		"intermediate_size": nil, "hidden_dim": 128, "activation": "gelu", "layer_norm_eps": nil}},
	{"bert", map[string]any{"model_type": "old bert", "architectures": []string{"BertForMaskedLM"}, "type_vocab_size": 2}},
	{"roberta_bpe", map[string]any{"type_vocab_size": 1, "max_position_embeddings": 66, "pad_token_id": 1}},
	{"nomic_bert", map[string]any{"type_vocab_size": 2, "activation_function": "swiglu", "rotary_emb_fraction": 1.0, "prenorm": false, "max_trained_positions": 64, "n_positions": 8192}},
	{"modern_bert", map[string]any{"hidden_activation": "gelu", "global_attn_every_n_layers": 3, "local_attention": 8, "global_rope_theta": 160000.0, "local_rope_theta": 10000.0}},
	{"t5_gated", map[string]any{"feed_forward_proj": "gated-gelu", "tie_word_embeddings": false, "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128, "decoder_start_token_id": 0}},
	{"t5_relu_tied", map[string]any{"feed_forward_proj": "relu", "relative_attention_num_buckets": 32, "num_decoder_layers": 2, "decoder_start_token_id": 0}},
	{"gemma_embedding", map[string]any{"query_pre_attn_scalar": 16, "use_bidirectional_attention": true}},
	{"lfm2", map[string]any{"num_key_value_heads": 2, "norm_eps": 1e-6, "conv_L_cache": 3, "layer_types": []string{"conv", "full_attention", "conv", "full_attention"},
		"block_ff_dim": 120, "block_multiple_of": 32, "intermediate_size": nil, "block_ffn_dim_multiplier": 1.0}},
	{"qwen35", map[string]any{"rope_theta": nil, "partial_rotary_factor": nil, "full_attention_interval": 2, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 16, "linear_value_head_dim": 16,
		"linear_conv_kernel_dim": 4, "layer_types": []string{"linear_attention", "full_attention", "linear_attention", "full_attention"}, "tie_word_embeddings": true,
		"rope_parameters": map[string]any{"rope_type": "default", "rope_theta": 1e7, "partial_rotary_factor": 0.5, "mrope_section": []int{2, 1, 1}, "mrope_interleaved": true}}},
	{"mistral3", map[string]any{"rope_theta": nil, "rope_parameters": ministralRoPE}},
	{"mistral3", map[string]any{"model_type": "mistral3 within", "vision_config": map[string]any{}, "text_config": map[string]any{"model_type": "ministral3", "rope_theta": nil, "rope_parameters": ministralRoPE}}},
	{"falcon7b", map[string]any{"layer_norm_epsilon": 1e-5, "multi_query": true, "parallel_attn": true, "alibi": false, "max_position_embeddings": 256}},
	{"falcon40b", map[string]any{"model_type": "falcon 40b", "layer_norm_epsilon": 1e-5, "num_kv_heads": 2, "new_decoder_architecture": true, "ffn_hidden_size": 192, "intermediate_size": nil, "tie_word_embeddings": false}},
	{"jina_bert_v2", map[string]any{"type_vocab_size": 2, "position_embedding_type": "alibi", "feed_forward_type": "geglu"}},
	{"jina_bert_v2", map[string]any{"model_type": "jina code", "type_vocab_size": 2}},
	{"t5encoder", map[string]any{"feed_forward_proj": "gated-gelu", "relative_attention_num_buckets": 32}},
}

var ministralRoPE = map[string]any{"rope_type": "yarn", "rope_theta": 1e6, "factor": 16, "beta_fast": 32, "beta_slow": 1, "mscale": 1, "mscale_all_dim": 1,
	"original_max_position_embeddings": 16, "llama_4_scaling_beta": 0.1}

// viewFS opens a folder as GGUF.
func viewFS(t testing.TB, fsys fs.FS) *gguf.File {
	t.Helper()
	m, err := hf.Open(fsys)
	require.NoError(t, err)
	t.Cleanup(func() { m.Close() })
	r, size, err := m.File.Reader()
	require.NoError(t, err)
	f, err := gguf.Read(r, size)
	require.NoError(t, err)
	return f
}

func TestGoldenModels(t *testing.T) {
	for _, g := range goldens {
		for _, shards := range []int{1, 3} {
			t.Run(fmt.Sprint(g.name, g.config["model_type"], shards), func(t *testing.T) {
				want := readGGUF(t, coretest.Golden(t, g.name).ModelPath)
				if g.config["model_type"] == "distilbert" { // which has all but types of token, and a fixed epsilon
					e := coretest.Edit(t, readFile(t, coretest.Golden(t, g.name).ModelPath))
					delete(e.Tensors, "token_types.weight")
					e.Keys["bert.attention.layer_norm_epsilon"] = float32(1e-12)
					want = parseGGUF(t, e.Bytes(t))
				}
				arch, _ := want.String("general.architecture")
				got := viewFS(t, folderOf(t, want, g.config, shards))
				for _, key := range want.Keys() {
					if !strings.HasPrefix(key, arch+".") {
						continue
					}
					w, _ := want.Value(key)
					v, ok := got.Value(key)
					assert.True(t, ok, key)
					assert.Equal(t, w, v, key)
				}
				require.Len(t, got.Tensors, len(want.Tensors))
				for i := range want.Tensors {
					x := &want.Tensors[i]
					y, ok := got.Tensor(x.Name)
					require.True(t, ok, x.Name)
					require.Equal(t, x.Shape, y.Shape, x.Name)
					require.Equal(t, x.TypeID, y.TypeID, x.Name)
					same(t, x.Name, tensorBytes(t, want, x.Name), tensorBytes(t, got, x.Name))
					pieces(t, got, y)
				}
			})
		}
	}
}

// TestTurnedInTurns: of matrices that are transposed, parts are read in any order.
func TestTurnedInTurns(t *testing.T) {
	want := readGGUF(t, coretest.Golden(t, "gpt2").ModelPath)
	got := viewFS(t, folderOf(t, want, nil, 1))
	for row := range int64(3) {
		for _, name := range []string{"blk.0.attn_qkv.weight", "blk.1.ffn_up.weight", "blk.0.ffn_down.weight"} {
			x, _ := got.Tensor(name)
			size := x.Size / int64(x.Rows())
			b := make([]byte, size)
			require.NoError(t, got.ReadTensor(x, b, row*size))
			assert.Equal(t, tensorBytes(t, want, name)[row*size:][:size], b, "%s, row %d", name, row)
		}
	}
}

// same compares tensors: bit for bit, but norms to which 1 was added, computed angles,
// and what a logarithm was taken of, within the rounding of float32.
func same(t *testing.T, name string, want, got []byte) {
	t.Helper()
	if !strings.Contains(name, "norm") && !strings.HasPrefix(name, "rope_") && !strings.HasSuffix(name, "ssm_a") {
		require.Equal(t, want, got, name)
		return
	}
	require.Len(t, got, len(want), name)
	for i := 0; i < len(want); i += 4 {
		a, b := math.Float32frombits(binary.LittleEndian.Uint32(want[i:])), math.Float32frombits(binary.LittleEndian.Uint32(got[i:]))
		require.InEpsilon(t, a, b, 1e-6, "%s, value %d", name, i/4)
	}
}

// pieces reads a tensor in ranges of rows, and in bytes that begin and end
// anywhere: they are those of the whole.
func pieces(t *testing.T, f *gguf.File, x *gguf.Tensor) {
	t.Helper()
	whole := make([]byte, x.Size)
	require.NoError(t, f.ReadTensor(x, whole, 0))
	for _, step := range []int64{7, x.Size/3 + 1, x.Size / int64(x.Rows())} {
		got := []byte{}
		for off := int64(0); off < x.Size; off += step {
			piece := make([]byte, min(step, x.Size-off))
			require.NoError(t, f.ReadTensor(x, piece, off))
			got = append(got, piece...)
			if step == 7 && off > 2000 {
				break
			}
		}
		require.Equal(t, whole[:len(got)], got, "%s in pieces of %d", x.Name, step)
	}
}

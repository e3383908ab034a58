package hf_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/hf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// A golden model is a GGUF file. backwards makes the folder that it would have come
// from: with the names of the model's own library, and each value in its place
// there. What Open makes of it must be the golden file again.

// apart gives what is one tensor in GGUF, or two, the tensors of the folder.
func apart(arch string, tensors []coretest.STensor) (out []coretest.STensor) {
	byName := map[string]coretest.STensor{}
	for _, x := range tensors {
		byName[x.Name] = x
	}
	for _, x := range tensors {
		rows := func(name string, first, n int64, shape ...int64) {
			size := int64(len(x.Raw)) / x.Shape[0]
			out = append(out, coretest.STensor{Name: name, DType: x.DType, Shape: shape, Raw: x.Raw[first*size : (first+n)*size]})
		}
		switch {
		case strings.Contains(x.Name, "%d"): // a tensor for each row, or each matrix
			for i := range x.Shape[0] {
				rows(fmt.Sprintf(x.Name, i), i, 1, x.Shape[1:]...)
			}
		case arch == "phi2" && strings.Contains(x.Name, "qkv_proj"):
			third := x.Shape[0] / 3
			for i, name := range []string{"q_proj", "k_proj", "v_proj"} {
				rows(strings.ReplaceAll(x.Name, "qkv_proj", name), int64(i)*third, third, append([]int64{third}, x.Shape[1:]...)...)
			}
		case strings.Contains(x.Name, "shared_expert_gate"):
			rows(x.Name, 0, x.Shape[0], 1, x.Shape[0])
		case arch == "granitemoe" && strings.Contains(x.Name, "input_linear"):
			up := byName[strings.ReplaceAll(x.Name, "block_sparse_moe.input_linear", "up")]
			experts, size := x.Shape[0], int64(len(x.Raw))/x.Shape[0]
			both := coretest.STensor{Name: x.Name, DType: x.DType, Shape: []int64{experts, 2 * x.Shape[1], x.Shape[2]}}
			for e := range experts {
				both.Raw = append(append(both.Raw, x.Raw[e*size:(e+1)*size]...), up.Raw[e*size:(e+1)*size]...)
			}
			out = append(out, both)
		case arch == "granitemoe" && strings.HasSuffix(x.Name, ".up.weight"):
		case strings.HasSuffix(x.Name, "conv.conv.weight") || strings.HasSuffix(x.Name, "conv1d.weight"):
			rows(x.Name, 0, x.Shape[0], x.Shape[0], 1, x.Shape[1])
		case arch == "old bert" && strings.Contains(x.Name, "LayerNorm"):
			x.Name = strings.NewReplacer(".weight", ".gamma", ".bias", ".beta").Replace(x.Name)
			out = append(out, x)
		case arch == "roberta" && strings.Contains(x.Name, "position_embeddings"): // two more, before those of a text
			x.Raw = append(bytes.Repeat([]byte{0xAB}, 2*len(x.Raw)/int(x.Shape[0])), x.Raw...)
			x.Shape[0] += 2
			out = append(out, x)
		case strings.HasPrefix(arch, "jina") && strings.Contains(x.Name, "mlp.") && strings.Contains(x.Name, "gated_layer"): // with the other half behind it
			from, to := "mlp.gated_layers", "up"
			if arch == "jina code" {
				from, to = "mlp.up_gated_layer", "gate"
			}
			other := byName[strings.ReplaceAll(x.Name, from, to)]
			x.Shape[0], x.Raw = 2*x.Shape[0], slices.Concat(x.Raw, other.Raw)
			out = append(out, x)
		case strings.HasPrefix(arch, "jina") && (strings.HasSuffix(x.Name, ".up.weight") || strings.HasSuffix(x.Name, ".gate.weight")):
		case strings.HasPrefix(arch, "t5") && byName[strings.ReplaceAll(x.Name, "wi_1", "wi_0")].Raw == nil: // no gate
			x.Name = strings.ReplaceAll(x.Name, "wi_1", "wi")
			out = append(out, x)
		default:
			out = append(out, x)
		}
	}
	return out
}

func nameInFolder(arch, name string) string {
	for _, word := range []string{"blk.", "enc.blk.", "dec.blk."} {
		if rest, ok := strings.CutPrefix(name, word); ok {
			number, tail, _ := strings.Cut(rest, ".")
			within := arch
			if word == "dec.blk." {
				within = "t5 decoder"
			}
			return strings.Join([]string{replace(arch, strings.TrimSuffix(word, ".")), number, replace(within, tail)}, ".")
		}
	}
	return replace(arch, name)
}

func replace(arch, s string) string {
	for _, n := range nameTables[arch] {
		if strings.HasPrefix(s, n[0]) {
			return n[1] + strings.TrimPrefix(s, n[0])
		}
	}
	panic(s)
}

// backwards gives a tensor its place in the folder.
func backwards(t *testing.T, f *gguf.File, arch string, x *gguf.Tensor, heads, head int) coretest.STensor {
	raw := tensorBytes(t, f, x.Name)
	dtype, size := "F32", 4
	if x.TypeID == 1 {
		dtype, size = "F16", 2
	}
	rows, cols := int(x.Rows()), int(x.Shape[0])
	shape := slices.Clone(x.Shape)
	slices.Reverse(shape)
	if len(shape) == 1 {
		rows, cols = cols, 1
	}
	out := make([]byte, len(raw))
	put := func(toRow, toCol, width, fromRow, fromCol int) {
		copy(out[(toRow*width+toCol)*size:][:size], raw[(fromRow*cols+fromCol)*size:])
	}
	part := x.Name[strings.LastIndex(strings.TrimSuffix(strings.TrimSuffix(x.Name, ".weight"), ".bias"), ".")+1:]
	norm := strings.Contains(part, "norm")
	switch {
	case strings.HasPrefix(arch, "gemma") && norm:
		for i := range rows {
			v := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v-1))
		}
	case slices.Contains([]string{"llama", "mixtral", "smollm3", "granite", "granitemoe", "mistral3", "mistral3 within"}, arch) && (strings.HasPrefix(part, "attn_q.") || strings.HasPrefix(part, "attn_k.")):
		for h := range rows / head {
			for half := range 2 {
				for i := range head / 2 {
					for c := range cols {
						put(h*head+half*head/2+i, c, cols, h*head+2*i+half, c)
					}
				}
			}
		}
	case arch == "qwen35" && norm && part != "ssm_norm.weight":
		for i := range rows {
			v := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v-1))
		}
	case arch == "qwen35" && x.Name[len(x.Name)-len("ssm_a"):] == "ssm_a":
		for i, from := range []int{0, 2, 1, 3} { // 4 value heads of 2 key heads
			v := math.Float32frombits(binary.LittleEndian.Uint32(raw[4*from:]))
			binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(float32(math.Log(float64(-v)))))
		}
	case arch == "qwen35" && (strings.HasPrefix(part, "ssm_") && !strings.Contains(part, "norm") || strings.HasPrefix(part, "attn_qkv") || strings.HasPrefix(part, "attn_gate")) || strings.HasSuffix(x.Name, "ssm_dt.bias"):
		if part == "ssm_out.weight" { // columns
			for r := range rows {
				for c := range cols {
					put(r, c, cols, r, (c/16%2*2+c/32)*16+c%16)
				}
			}
			break
		}
		start, size := 0, rows/4
		if strings.HasPrefix(part, "attn_qkv") || strings.HasPrefix(part, "ssm_conv1d") {
			start, size = 64, 16
		}
		for r := range rows {
			from := r
			if r >= start {
				head := (r - start) / size
				from = start + (head%2*2+head/2)*size + (r-start)%size
			}
			for c := range cols {
				put(r, c, cols, from, c)
			}
		}
	case arch == "gpt2" && len(shape) == 2 && !strings.HasSuffix(part, "embd.weight"):
		shape[0], shape[1] = shape[1], shape[0]
		for r := range rows {
			for c := range cols {
				put(c, r, rows, r, c)
			}
		}
	case strings.HasPrefix(arch, "falcon") && strings.HasPrefix(part, "attn_qkv"):
		kv := (rows/head - heads) / 2
		group := heads / kv
		for h := range rows / head {
			to := h/group*(group+2) + h%group
			if h >= heads {
				to = (h-heads)%kv*(group+2) + group + (h-heads)/kv
			}
			for i := range head {
				for c := range cols {
					put(to*head+i, c, cols, h*head+i, c)
				}
			}
		}
	case arch == "gptneox" && strings.HasPrefix(part, "attn_qkv"):
		for qkv := range 3 {
			for h := range heads {
				for i := range head {
					for c := range cols {
						put((h*3+qkv)*head+i, c, cols, (qkv*heads+h)*head+i, c)
					}
				}
			}
		}
	default:
		copy(out, raw)
	}
	return coretest.STensor{Name: nameInFolder(arch, x.Name), DType: dtype, Shape: shape, Raw: out}
}

// configOf writes config.json from the keys of a golden file.
func configOf(f *gguf.File, arch, name string) map[string]any {
	c := map[string]any{}
	set := func(key, from string) {
		if v, ok := f.Value(arch + "." + from); ok {
			c[key] = v
		}
	}
	if arch == "gpt2" {
		for key, from := range map[string]string{"n_layer": "block_count", "n_positions": "context_length", "n_ctx": "context_length", "n_embd": "embedding_length",
			"n_head": "attention.head_count", "vocab_size": "vocab_size", "layer_norm_epsilon": "attention.layer_norm_epsilon"} {
			set(key, from)
		}
		c["architectures"], c["activation_function"] = []string{"GPT2LMHeadModel"}, "gelu_new"
		return c
	}
	for key, from := range map[string]string{"num_hidden_layers": "block_count", "max_position_embeddings": "context_length", "hidden_size": "embedding_length",
		"num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv", "vocab_size": "vocab_size", "intermediate_size": "feed_forward_length",
		"head_dim": "attention.key_length", "rms_norm_eps": "attention.layer_norm_rms_epsilon", "rope_theta": "rope.freq_base",
		"layer_norm_eps": "attention.layer_norm_epsilon", "use_parallel_residual": "use_parallel_residual", "sliding_window": "attention.sliding_window",
		"num_local_experts": "expert_count", "num_experts": "expert_count", "num_experts_per_tok": "expert_used_count", "moe_intermediate_size": "expert_feed_forward_length",
		"shared_expert_intermediate_size": "expert_shared_feed_forward_length", "attention_multiplier": "attention.scale", "embedding_multiplier": "embedding_scale",
		"residual_multiplier": "residual_scale", "logits_scaling": "logit_scale", "logit_scale": "logit_scale", "norm_epsilon": "attention.layer_norm_epsilon",
		"attn_logit_softcapping": "attn_logit_softcapping", "final_logit_softcapping": "final_logit_softcapping", "rope_local_base_freq": "rope.freq_base_swa"} {
		set(key, from)
	}
	c["architectures"] = []string{map[string]string{"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM", "gemma": "GemmaForCausalLM",
		"gemma2": "Gemma2ForCausalLM", "gemma3": "Gemma3ForCausalLM", "phi3": "Phi3ForCausalLM", "gptneox": "GPTNeoXForCausalLM", "mixtral": "MixtralForCausalLM",
		"smollm3": "SmolLM3ForCausalLM", "olmo2": "Olmo2ForCausalLM", "granite": "GraniteForCausalLM", "granitemoe": "GraniteMoeForCausalLM", "stablelm": "StableLmForCausalLM",
		"starcoder2": "Starcoder2ForCausalLM", "phi2": "PhiForCausalLM", "command-r": "CohereForCausalLM", "cohere2": "Cohere2ForCausalLM",
		"bert": "BertModel", "roberta": "RobertaForMaskedLM", "gemma-embedding": "Gemma3TextModel", "lfm2": "Lfm2ForCausalLM", "qwen35": "Qwen3_5ForConditionalGeneration", "distilbert": "DistilBertModel", "old bert": "BertForMaskedLM", "nomic-bert": "NomicBertModel", "modern-bert": "ModernBertModel", "t5": "T5ForConditionalGeneration", "t5encoder": "T5EncoderModel",
		"qwen2moe": "Qwen2MoeForCausalLM", "qwen3moe": "Qwen3MoeForCausalLM", "mistral3": "Ministral3ForCausalLM", "mistral3 within": "Mistral3ForConditionalGeneration",
		"falcon": "FalconForCausalLM", "falcon 40b": "FalconForCausalLM", "jina-bert-v2": "JinaBertModel", "jina code": "JinaBertForMaskedLM"}[name]}
	if part, ok := f.Uint(arch + ".rope.dimension_count"); ok && arch != "phi3" && arch != "gptneox" {
		heads, _ := f.Uint(arch + ".attention.head_count")
		hidden, _ := f.Uint(arch + ".embedding_length")
		c["partial_rotary_factor"] = float64(part*heads) / float64(hidden)
	}
	if which := slices.Index([]string{"nomic-bert", "t5", "t5encoder"}, arch); which >= 0 { // which have names of their own
		which = min(which, 1)
		for old, own := range map[string][2]string{"num_hidden_layers": {"n_layer", "num_layers"}, "max_position_embeddings": {"n_positions", "n_positions"}, "hidden_size": {"n_embd", "d_model"},
			"num_attention_heads": {"n_head", "num_heads"}, "intermediate_size": {"n_inner", "d_ff"}, "layer_norm_eps": {"layer_norm_epsilon", ""}, "rms_norm_eps": {"", "layer_norm_epsilon"},
			"head_dim": {"", "d_kv"}, "num_key_value_heads": {"", ""}, "rope_theta": {"rotary_emb_base", ""}} {
			if name := own[which]; name != "" && c[old] != nil {
				c[name] = c[old]
			}
			delete(c, old)
		}
	}
	c["hidden_act"] = "silu"
	if strings.HasPrefix(arch, "gemma") || arch == "gptneox" || arch == "starcoder2" || arch == "phi2" || strings.Contains(arch, "bert") {
		c["hidden_act"] = "gelu"
	}
	return c
}

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

// folderOf returns the folder of a golden file.
func folderOf(t *testing.T, f *gguf.File, extra map[string]any, shards int) fstest.MapFS {
	arch, _ := f.String("general.architecture")
	names := arch
	if _, experts := f.Value("llama.expert_count"); experts {
		names = "mixtral"
	}
	if kind, _ := f.String("tokenizer.ggml.model"); arch == "bert" && kind == "gpt2" {
		names = "roberta"
	}
	if kind, ok := extra["model_type"].(string); ok {
		names = kind
	}
	config := configOf(f, arch, names)
	for k, v := range extra {
		config[k] = v
	}
	if config["rope_scaling"] == "factors" {
		r := map[string]any{"type": "longrope", "attention_factor": config["attention_factor"]}
		for key, name := range map[string]string{"long_factor": "rope_factors_long.weight", "short_factor": "rope_factors_short.weight"} {
			var list []float32
			for raw := tensorBytes(t, f, name); len(raw) > 0; raw = raw[4:] {
				list = append(list, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
			}
			r[key] = list
		}
		config["rope_scaling"] = r
		delete(config, "attention_factor")
	}
	heads, _ := f.Uint(arch + ".attention.head_count")
	hidden, _ := f.Uint(arch + ".embedding_length")
	head, ok := f.Uint(arch + ".attention.key_length")
	if !ok {
		head = hidden / heads
	}
	var tensors []coretest.STensor
	for i := range f.Tensors {
		if x := &f.Tensors[i]; !strings.HasPrefix(x.Name, "rope_") && (names != "distilbert" || x.Name != "token_types.weight") {
			tensors = append(tensors, backwards(t, f, names, x, int(heads), int(head)))
		}
	}
	fsys := coretest.ModelFolder(t, config, shards, apart(names, tensors)...)
	if _, pooled := f.Value(arch + ".pooling_type"); pooled { // all have the mean
		fsys[hf.ModulesName] = &fstest.MapFile{Data: []byte(`[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
			{"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]`)}
		fsys["1_Pooling/config.json"] = &fstest.MapFile{Data: []byte(`{"word_embedding_dimension": 64, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false}`)}
	}
	return fsys
}

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

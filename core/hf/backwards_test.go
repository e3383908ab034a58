package hf_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

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

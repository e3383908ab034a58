package hf_test

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/hf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// tiny is the config.json and tensors of a small llama of two layers.
func tiny() (map[string]any, []coretest.STensor) {
	config := map[string]any{"architectures": []any{"LlamaForCausalLM"}, "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2,
		"num_key_value_heads": 1, "vocab_size": 5, "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "tie_word_embeddings": false}
	var tensors []coretest.STensor
	add := func(name string, shape ...int64) {
		n := int64(4)
		for _, d := range shape {
			n *= d
		}
		tensors = append(tensors, coretest.STensor{Name: name, DType: "F32", Shape: shape, Raw: make([]byte, n)})
	}
	add("model.embed_tokens.weight", 5, 8)
	for _, l := range []string{"model.layers.0.", "model.layers.1."} {
		add(l+"self_attn.q_proj.weight", 8, 8)
		add(l+"self_attn.k_proj.weight", 4, 8)
		add(l+"self_attn.v_proj.weight", 4, 8)
		add(l+"self_attn.o_proj.weight", 8, 8)
		add(l+"mlp.gate_proj.weight", 12, 8)
		add(l+"mlp.up_proj.weight", 12, 8)
		add(l+"mlp.down_proj.weight", 8, 12)
		add(l+"input_layernorm.weight", 8)
		add(l+"post_attention_layernorm.weight", 8)
	}
	add("model.norm.weight", 8)
	add("lm_head.weight", 5, 8)
	return config, tensors
}

func openTiny(t testing.TB, change func(config map[string]any, tensors *[]coretest.STensor)) (*gguf.File, error) {
	config, tensors := tiny()
	change(config, &tensors)
	m, err := hf.Open(coretest.ModelFolder(t, config, 1, tensors...))
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r, size, err := m.File.Reader()
	require.NoError(t, err)
	return gguf.Read(r, size)
}

func set(key string, value any) func(map[string]any, *[]coretest.STensor) {
	return func(c map[string]any, _ *[]coretest.STensor) { c[key] = value }
}

func of(architecture string, pairs ...any) func(map[string]any, *[]coretest.STensor) {
	return func(c map[string]any, _ *[]coretest.STensor) {
		c["architectures"] = []any{architecture}
		for i := 0; i < len(pairs); i += 2 {
			c[pairs[i].(string)] = pairs[i+1]
		}
	}
}

func without(name string) func(map[string]any, *[]coretest.STensor) {
	return func(_ map[string]any, ts *[]coretest.STensor) {
		*ts = slices.DeleteFunc(*ts, func(t coretest.STensor) bool { return t.Name == name })
	}
}

func retype(dtype string) func(map[string]any, *[]coretest.STensor) {
	return func(_ map[string]any, ts *[]coretest.STensor) { (*ts)[2].DType = dtype }
}

// TestContradictions: what config.json says and what the tensors are is named, both.
func TestContradictions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(map[string]any, *[]coretest.STensor)
		want   []string
	}{
		{"width of the feed-forward network", set("intermediate_size", 13), []string{"config.json", `"model.layers.0.mlp.gate_proj.weight" in model.safetensors has the shape [12 8]`, "intermediate_size is 13", "hidden_size is 8", "[13 8]"}},
		{"heads", set("num_key_value_heads", 2), []string{`"model.layers.0.self_attn.k_proj.weight"`, "num_key_value_heads is 2", "head_dim is 4", "[8 8]"}},
		{"vocabulary", set("vocab_size", 6), []string{`"model.embed_tokens.weight"`, "vocab_size is 6", "[5 8]", "[6 8]"}},
		{"more layers in config.json", set("num_hidden_layers", 3), []string{`no tensor "model.layers.2.input_layernorm.weight"`, "num_hidden_layers 3"}},
		{"more layers in the tensors", set("num_hidden_layers", 1), []string{`"model.layers.1.input_layernorm.weight" is not part of`, "num_hidden_layers 1"}},
		{"tied or not", without("lm_head.weight"), []string{`"tie_word_embeddings" is false`, `no tensor "lm_head.weight"`}},
		{"missing norm", without("model.norm.weight"), []string{`no tensor "model.norm.weight"`}},
		{"missing embedding", without("model.embed_tokens.weight"), []string{`no tensor "model.embed_tokens.weight"`}},
		{"heads that don't divide", set("num_attention_heads", 3), []string{"hidden_size 8", "num_attention_heads 3"}},
		{"key heads that don't divide", set("num_key_value_heads", 3), []string{"num_attention_heads 2", "num_key_value_heads 3"}},
		{"no width", set("hidden_size", nil), []string{`"hidden_size" or "n_embd" or "d_model" is missing`}},
		{"width of 0", set("hidden_size", 0), []string{`"hidden_size" is 0`}},
		{"width that is huge", set("hidden_size", 1<<40), []string{`"hidden_size" is 1099511627776`}},
		{"width that is a text", set("hidden_size", "8"), []string{`"hidden_size" is 8`}},
		{"width that is no integer", set("hidden_size", 8.5), []string{`"hidden_size" is 8.5`}},
		{"epsilon that is a list", set("rms_norm_eps", []any{}), []string{`"rms_norm_eps"`}},
		{"tied is a number", set("tie_word_embeddings", 1), []string{`"tie_word_embeddings" is 1`}},
		{"scaling is a text", set("rope_scaling", "linear"), []string{"rope_scaling is linear"}},
		{"scaling without factor", set("rope_scaling", map[string]any{"type": "linear"}), []string{`rope_scaling: "factor"`}},
		{"llama3 scaling backwards", set("rope_scaling", map[string]any{"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1}), []string{"high_freq_factor 1"}},
		{"more experts than there are", of("MixtralForCausalLM", "num_local_experts", 2, "num_experts_per_tok", 3), []string{"num_experts_per_tok 3 of num_local_experts 2"}},
		{"experts without end", of("MixtralForCausalLM", "num_local_experts", 1<<20), []string{"num_local_experts 1048576"}},
		{"missing expert", of("MixtralForCausalLM"), []string{`no tensor "model.layers.0.block_sparse_moe.gate.weight"`}},
		{"types of other layers", of("Olmo3ForCausalLM", "sliding_window", 8, "layer_types", []any{"full_attention"}), []string{"layer_types has 1 entries for 2 layers"}},
		{"part of a head", of("StableLmForCausalLM", "partial_rotary_factor", 1.5), []string{"partial_rotary_factor 1.5 of a head of 4"}},
		{"part of a head that is a text", of("PhiForCausalLM", "num_key_value_heads", 2, "rope_parameters", map[string]any{"partial_rotary_factor": "0.4"}), []string{`"partial_rotary_factor" is 0.4, which is no number`}},
		{"negative part of a head", of("PhiForCausalLM", "num_key_value_heads", 2, "hidden_act", "gelu_new", "partial_rotary_factor", -1, "rope_scaling", map[string]any{"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4}), []string{"partial_rotary_factor -1"}},
		{"value heads that don't divide", of("Qwen3_5ForCausalLM", "linear_num_key_heads", 3, "linear_num_value_heads", 4), []string{"linear_num_value_heads 4", "linear_num_key_heads 3"}},
		{"layer_types that are none", of("Qwen3_5ForCausalLM", "layer_types", "all"), []string{`"layer_types" is all`}},
		{"factor of 0", of("GraniteForCausalLM", "logits_scaling", 0), []string{`"logits_scaling" is 0`}},
		{"no architecture", set("architectures", []any{}), []string{`"architectures" is missing`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openTiny(t, c.change)
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			for _, want := range append(c.want, "hf: ") {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(map[string]any, *[]coretest.STensor)
		want   string
	}{
		{"architecture", set("architectures", []any{"BloomForCausalLM"}), `"BloomForCausalLM" of config.json (supported are BertForMaskedLM, BertModel, Cohere2ForCausalLM`},
		{"activation", set("hidden_act", "relu"), "hidden_act relu"},
		{"scaling", set("rope_scaling", map[string]any{"type": "dynamic", "factor": 2}), `rope_type "dynamic"`},
		{"layers without rotation", of("SmolLM3ForCausalLM", "no_rope_layers", []any{0, 1}), "no_rope_layers [0 1]"},
		{"layers without experts", of("Qwen3MoeForCausalLM", "num_experts", 8, "mlp_only_layers", []any{1}), "mlp_only_layers"},
		{"every second layer with experts", of("Qwen2MoeForCausalLM", "decoder_sparse_step", 2), "decoder_sparse_step 2"},
		{"router whose weights don't sum to 1", of("Qwen3MoeForCausalLM", "norm_topk_prob", false), "norm_topk_prob off"},
		{"windows", of("Cohere2ForCausalLM", "layer_types", []any{"full_attention", "full_attention"}), "windows in other layers"},
		{"layers of another kind", of("Olmo3ForCausalLM", "sliding_window", 8, "layer_types", []any{"full_attention", "conv"}), "a layer of type conv"},
		{"attention in other layers", of("Qwen3_5ForCausalLM", "layer_types", []any{"full_attention", "linear_attention"}), "not one of 4 has full attention"},
		{"norm of queries", of("PhiForCausalLM", "num_key_value_heads", 2, "qk_layernorm", true), "qk_layernorm true"},
		{"quantised", set("quantization_config", map[string]any{"quant_method": "gptq"}), "quantization_config"},
		{"integers", retype("I32"), "values of type I32 (F32, F16 and BF16 are supported)"},
		{"unknown type", retype("Q7"), "values of type Q7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openTiny(t, c.change)
			var ue *errs.UnsupportedError
			require.ErrorAs(t, err, &ue)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// TestTied: the output matrix is left out where it is the embedding, whichever of
// the two is stored.
func TestTied(t *testing.T) {
	for name, change := range map[string]func(map[string]any, *[]coretest.STensor){
		"both stored": func(c map[string]any, _ *[]coretest.STensor) { c["tie_word_embeddings"] = true },
		"embedding stored": func(c map[string]any, ts *[]coretest.STensor) {
			delete(c, "tie_word_embeddings")
			without("lm_head.weight")(c, ts)
		},
		"output matrix stored": func(c map[string]any, ts *[]coretest.STensor) {
			c["tie_word_embeddings"] = true
			without("model.embed_tokens.weight")(c, ts)
		},
		"nothing said of tying": func(c map[string]any, ts *[]coretest.STensor) {
			c["tie_word_embeddings"] = nil
			without("lm_head.weight")(c, ts)
		},
	} {
		f, err := openTiny(t, change)
		require.NoError(t, err, name)
		_, ok := f.Tensor("output.weight")
		assert.False(t, ok, name)
		_, ok = f.Tensor("token_embd.weight")
		assert.True(t, ok, name)
	}
	f, err := openTiny(t, set("rms_norm_eps", 1e-6))
	require.NoError(t, err)
	_, ok := f.Tensor("output.weight")
	assert.True(t, ok)
}

// TestOldBuffers: masks and angles that old files have stored are left out.
func TestOldBuffers(t *testing.T) {
	f, err := openTiny(t, func(_ map[string]any, ts *[]coretest.STensor) {
		*ts = append(*ts, coretest.STensor{Name: "model.layers.0.self_attn.rotary_emb.inv_freq", DType: "F32", Shape: []int64{2}, Raw: make([]byte, 8)})
	})
	require.NoError(t, err)
	assert.Len(t, f.Tensors, 21)
}

// TestSlidingWindow: a Mistral with a window has the context of the window, within
// which both are the same.
func TestSlidingWindow(t *testing.T) {
	f, err := openTiny(t, func(c map[string]any, _ *[]coretest.STensor) {
		c["architectures"], c["sliding_window"] = []any{"MistralForCausalLM"}, 6
	})
	require.NoError(t, err)
	n, _ := f.Uint("llama.context_length")
	assert.Equal(t, uint64(6), n)
}

func TestChatTemplate(t *testing.T) {
	config, tensors := tiny()
	for _, c := range []struct{ file, text, want, tools string }{
		{hf.TemplateName, "{{ messages }}", "{{ messages }}", ""},
		{hf.TokenizerConfigName, `{"chat_template": "{{ a }}"}`, "{{ a }}", ""},
		{hf.TokenizerConfigName, `{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}`, "d", "t"},
		{hf.TokenizerConfigName, `{"chat_template": [{"name": "", "template": "t"}, {"name": "tool_use"}, 5]}`, "", ""},
		{hf.TokenizerConfigName, `{}`, "", ""},
	} {
		fsys := coretest.ModelFolder(t, config, 1, tensors...)
		fsys[c.file] = &fstest.MapFile{Data: []byte(c.text)}
		f := viewFS(t, fsys)
		got, _ := f.String("tokenizer.chat_template")
		assert.Equal(t, c.want, got)
		got, _ = f.String("tokenizer.chat_template.tool_use")
		assert.Equal(t, c.tools, got)
	}
}

// FuzzConfig opens a small model whose config.json is anything, of every
// architecture, and reads what can be opened.
func FuzzConfig(f *testing.F) {
	config, tensors := tiny()
	good, _ := json.Marshal(config)
	f.Add(good)
	for _, a := range hf.Architectures() {
		config["architectures"] = []string{a}
		b, _ := json.Marshal(config)
		f.Add(b)
	}
	weights := coretest.Safetensors(f, tensors...)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := hf.Open(fstest.MapFS{"config.json": {Data: b}, "model.safetensors": {Data: weights}, "tokenizer_config.json": {Data: b}})
		if err != nil {
			return
		}
		defer m.Close()
		r, size, err := m.File.Reader()
		if err != nil {
			return
		}
		file, err := gguf.Read(r, size)
		require.NoError(t, err)
		for i := range file.Tensors {
			tensorBytes(t, file, file.Tensors[i].Name)
		}
	})
}

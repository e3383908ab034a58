package hf

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
)

// keysOf returns the keys that a family makes of a config.json with the sizes that all
// must have, and more.
func keysOf(t *testing.T, architecture, more string) (*config, *gguf.File) {
	t.Helper()
	values, err := files.ParseObject("config.json", []byte(`{"num_hidden_layers": 8, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 96,
		"max_position_embeddings": 8192, "vocab_size": 100`+more+`}`))
	require.NoError(t, err)
	f := families[architecture]()
	c := &config{values: values, w: gguf.NewWriter(), prefix: f.name + ".", sizes: map[string]int64{}, names: map[string]string{}}
	f.keys(c)
	require.NoError(t, c.err)
	r, size, err := c.w.Reader()
	require.NoError(t, err)
	file, err := gguf.Read(r, size)
	require.NoError(t, err)
	return c, file
}

// TestDefaults: what config.json leaves out is what transformers takes then
// (models/*/configuration_*.py), or what older files call it.
func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		architecture, more string
		want               map[string]float64
	}{
		{"LlamaForCausalLM", ``, map[string]float64{"llama.rope.freq_base": 10000, "llama.attention.layer_norm_rms_epsilon": 1e-6, "llama.attention.head_count_kv": 4}},
		{"MixtralForCausalLM", ``, map[string]float64{"llama.rope.freq_base": 1e6, "llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.expert_count": 8, "llama.expert_used_count": 2}},
		{"MixtralForCausalLM", `, "rope_parameters": {"rope_theta": 5e5}`, map[string]float64{"llama.rope.freq_base": 5e5}},
		{"SmolLM3ForCausalLM", ``, map[string]float64{"smollm3.rope.freq_base": 2e6}},
		{"GraniteForCausalLM", ``, map[string]float64{"granite.logit_scale": 1, "granite.attention.scale": 1}},
		{"Olmo2ForCausalLM", ``, map[string]float64{"olmo2.rope.freq_base": 10000, "olmo2.attention.layer_norm_rms_epsilon": 1e-5}},
		{"Olmo3ForCausalLM", ``, map[string]float64{"olmo2.attention.sliding_window": 4096, "olmo2.attention.layer_norm_rms_epsilon": 1e-5}},
		{"StableLmForCausalLM", ``, map[string]float64{"stablelm.rope.dimension_count": 4, "stablelm.attention.layer_norm_epsilon": 1e-5}},
		{"StableLMEpochForCausalLM", `, "rope_pct": 0.5, "norm_eps": 1e-6`, map[string]float64{"stablelm.rope.dimension_count": 8, "stablelm.attention.layer_norm_epsilon": 1e-6}},
		{"PhiForCausalLM", ``, map[string]float64{"phi2.rope.dimension_count": 8}},
		{"Starcoder2ForCausalLM", `, "sliding_window": 4096, "hidden_act": "gelu_pytorch_tanh"`, map[string]float64{"starcoder2.context_length": 4096}},
		{"CohereForCausalLM", `, "model_max_length": 131072`, map[string]float64{"command-r.context_length": 131072, "command-r.logit_scale": 0.0625}},
		{"Cohere2ForCausalLM", ``, map[string]float64{"cohere2.attention.sliding_window": 4096, "cohere2.rope.dimension_count": 16}},
		{"Qwen2MoeForCausalLM", ``, map[string]float64{"qwen2moe.expert_count": 60, "qwen2moe.expert_used_count": 4, "qwen2moe.expert_feed_forward_length": 1408, "qwen2moe.expert_shared_feed_forward_length": 5632}},
		{"Qwen3MoeForCausalLM", `, "norm_topk_prob": true`, map[string]float64{"qwen3moe.expert_count": 128, "qwen3moe.expert_used_count": 8, "qwen3moe.expert_feed_forward_length": 768}},
		{"Qwen3_5ForCausalLM", ``, map[string]float64{"qwen35.rope.dimension_count": 64, "qwen35.full_attention_interval": 4, "qwen35.ssm.group_count": 16, "qwen35.ssm.inner_size": 4096}},
		{"FalconForCausalLM", ``, map[string]float64{"falcon.attention.head_count_kv": 1, "falcon.feed_forward_length": 96, "falcon.rope.freq_base": 10000, "falcon.attention.layer_norm_epsilon": 1e-5}},
		{"FalconForCausalLM", `, "multi_query": false`, map[string]float64{"falcon.attention.head_count_kv": 4}},
		{"FalconForCausalLM", `, "new_decoder_architecture": true, "num_kv_heads": 2`, map[string]float64{"falcon.attention.head_count_kv": 2}},
		{"RWForCausalLM", `, "new_decoder_architecture": true, "n_head_kv": 2`, map[string]float64{"falcon.attention.head_count_kv": 2}},
		{"Ministral3ForCausalLM", `, "rope_parameters": {"type": "yarn", "factor": 16, "mscale_all_dim": 1, "original_max_position_embeddings": 16384, "llama_4_scaling_beta": 0.1}`,
			map[string]float64{"mistral3.attention.temperature_scale": 0.1, "mistral3.rope.scaling.yarn_log_multiplier": 1, "mistral3.rope.scaling.original_context_length": 16384}},
		{"JinaBertModel", ``, map[string]float64{"jina-bert-v2.attention.layer_norm_epsilon": 1e-12, "jina-bert-v2.context_length": 8192}},
		{"BertModel", ``, map[string]float64{"bert.context_length": 8192, "bert.attention.layer_norm_epsilon": 1e-12}},
		{"RobertaModel", ``, map[string]float64{"bert.context_length": 8190}},
		{"DistilBertModel", ``, map[string]float64{"bert.attention.layer_norm_epsilon": 1e-12}},
		{"NomicBertModel", `, "n_positions": 8192`, map[string]float64{"nomic-bert.context_length": 2048, "nomic-bert.rope.freq_base": 1000}},
		{"NomicBertModel", `, "rope_parameters": {"rope_theta": 7000}`, map[string]float64{"nomic-bert.rope.freq_base": 7000}},
		{"ModernBertModel", ``, map[string]float64{"modern-bert.attention.sliding_window": 128, "modern-bert.rope.freq_base": 160000, "modern-bert.rope.freq_base_swa": 10000}},
		{"Lfm2ForCausalLM", `, "theta": 5e5, "block_ff_dim": 6656`, map[string]float64{"lfm2.rope.freq_base": 5e5, "lfm2.feed_forward_length": 4608, "lfm2.shortconv.l_cache": 3}},
		{"T5ForConditionalGeneration", `, "tie_word_embeddings": true`, map[string]float64{"t5.logit_scale": 0.125, "t5.attention.key_length": 64, "t5.decoder_block_count": 8, "t5.attention.relative_buckets_count": 32}},
	} {
		_, f := keysOf(t, c.architecture, c.more)
		for key, want := range c.want {
			got, ok := f.Float(key)
			if n, isInt := f.Int(key); isInt {
				got, ok = float64(n), true
			}
			assert.True(t, ok, "%s%s: %s", c.architecture, c.more, key)
			assert.InEpsilon(t, want, got, 1e-6, "%s%s: %s", c.architecture, c.more, key)
		}
	}
}

// TestLFM2Layers: an LFM2 says in one of two ways which layers have attention.
func TestLFM2Layers(t *testing.T) {
	for more, want := range map[string][]int64{
		`, "full_attn_idxs": [2, 5]`: {0, 0, 4, 0, 0, 4, 0, 0},
		`, "layer_types": ["conv", "full_attention", "conv", "conv", "conv", "conv", "conv", "full_attention"]`: {0, 4, 0, 0, 0, 0, 0, 4},
		``: {4, 4, 4, 4, 4, 4, 4, 4},
	} {
		_, f := keysOf(t, "Lfm2ForCausalLM", more)
		got, _ := f.Ints("lfm2.attention.head_count_kv")
		assert.Equal(t, want, got, more)
	}
}

// TestT5Scale: files of old say by tie_word_embeddings whether the logits are scaled, new
// ones by a key of its own, beside which the output matrix is the one that is stored.
func TestT5Scale(t *testing.T) {
	for more, want := range map[string]struct{ scaled, tied bool }{
		``:                                {true, true},
		`, "tie_word_embeddings": true`:   {true, true},
		`, "tie_word_embeddings": false`:  {false, false},
		`, "scale_decoder_outputs": true`: {true, true},
		`, "scale_decoder_outputs": false, "tie_word_embeddings": true`: {false, false},
	} {
		c, f := keysOf(t, "T5ForConditionalGeneration", more)
		_, scaled := f.Float("t5.logit_scale")
		assert.Equal(t, want.scaled, scaled, more)
		assert.Equal(t, want.tied, c.values["tie_word_embeddings"] == true, more)
	}
}

package arch_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/shard"
)

// TestEveryArchitectureHasGolden: what a file claims to compute is compared with
// a reference, in the tests of package core.
func TestEveryArchitectureHasGolden(t *testing.T) {
	golden := map[string]bool{}
	for _, name := range coretest.GoldenNames(t) {
		golden[coretest.Golden(t, name).Arch] = true
	}
	for _, name := range arch.Names() {
		assert.True(t, golden[name], "no golden model has the architecture %s", name)
	}
}

// TestReadmeNamesEveryArchitecture: whoever looks for a model finds its name.
func TestReadmeNamesEveryArchitecture(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, name := range arch.Names() {
		assert.Contains(t, string(readme), "`"+name+"`")
	}
}

// TestTensorsAreRequired: a file that lacks a tensor is refused, not computed without.
func TestTensorsAreRequired(t *testing.T) {
	for _, c := range []struct{ golden, tensor string }{
		{"llama_untied", "blk.1.attn_k.weight"},
		{"llama_untied", "blk.0.ffn_norm.weight"},
		{"qwen2", "blk.2.ffn_down.weight"},
		{"qwen3", "blk.0.attn_q_norm.weight"},
		{"qwen3", "blk.2.attn_k_norm.weight"},
		{"llama_untied", "blk.0.ffn_gate.weight"},
		{"gemma", "blk.0.ffn_gate.weight"},
		{"gemma2", "blk.1.post_attention_norm.weight"},
		{"gemma2", "blk.1.post_ffw_norm.weight"},
		{"gemma3", "blk.3.attn_k_norm.weight"},
		{"gpt2", "position_embd.weight"},
		{"gpt2", "blk.0.ffn_up.weight"},
		{"gptneox", "blk.0.ffn_norm.weight"},
		{"falcon7b", "blk.0.attn_norm.weight"},
		{"command_r", "blk.0.attn_norm.weight"},
		{"stablelm", "blk.0.attn_norm.weight"},
		{"olmo2", "blk.0.attn_q_norm.weight"},
		{"olmo2", "blk.1.post_ffw_norm.weight"},
		{"phi3_long", "blk.0.ffn_down.weight"},
		{"mixtral_moe", "blk.0.ffn_gate_inp.weight"},
		{"mixtral_moe", "blk.1.ffn_down_exps.weight"},
		{"qwen2moe", "blk.0.ffn_gate_shexp.weight"},
		{"gpt_oss", "blk.0.attn_sinks.weight"},
		{"gemma4", "blk.1.attn_k_norm.weight"},
		{"gemma4", "blk.3.inp_gate.weight"},
		{"gemma4", "per_layer_model_proj.weight"},
		{"lfm2", "blk.0.shortconv.conv.weight"},
		{"lfm2", "blk.1.attn_k.weight"},
		{"qwen35", "blk.0.ssm_a"},
		{"qwen35", "blk.2.ssm_dt.bias"},
		{"qwen35", "blk.1.attn_q_norm.weight"},
		{"bert", "token_embd_norm.weight"},
		{"bert", "position_embd.weight"},
		{"bert", "blk.2.layer_output_norm.weight"},
		{"nomic_bert", "blk.1.ffn_gate.weight"},
		{"nomic_bert", "blk.0.attn_output_norm.weight"},
		{"jina_bert_v2", "blk.1.attn_k.weight"},
		{"jina_bert_v2", "blk.0.ffn_gate.weight"},
		{"modern_bert", "blk.1.attn_norm.weight"},
		{"modern_bert", "output_norm.weight"},
		{"qwen3", "token_embd.weight"},
		{"qwen3", "output_norm.weight"},
	} {
		t.Run(c.golden+" without "+c.tensor, func(t *testing.T) {
			data, err := os.ReadFile(coretest.Golden(t, c.golden).ModelPath)
			require.NoError(t, err)
			_, _, _, err = arch.New(read(t, data), shard.Solo)
			require.NoError(t, err)
			other := append([]byte("X"), c.tensor[1:]...)
			_, _, _, err = arch.New(read(t, bytes.Replace(data, []byte(c.tensor), other, 1)), shard.Solo)
			var broken *errs.FormatError
			require.ErrorAs(t, err, &broken)
			assert.ErrorContains(t, err, `"`+c.tensor+`"`)
		})
	}
}

func read(t *testing.T, data []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Read(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	return f
}

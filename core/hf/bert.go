package hf

import (
	"fmt"

	"github.com/gander-lm/gander/core/files"
)

// BERT, and RoBERTa and its kin, whose first positions are no text's and are left out.
// Source: llama.cpp conversion/bert.py; transformers models/bert, roberta, xlm_roberta.
func init() {
	rules := []rule{
		{to: "attn_q", from: "attention.self.query", dims: "hidden_size,hidden_size", bias: true},
		{to: "attn_k", from: "attention.self.key", dims: "hidden_size,hidden_size", bias: true},
		{to: "attn_v", from: "attention.self.value", dims: "hidden_size,hidden_size", bias: true},
		{to: "attn_output", from: "attention.output.dense", dims: "hidden_size,hidden_size", bias: true},
		{to: "attn_output_norm", from: "attention.output.LayerNorm", dims: "hidden_size", bias: true},
		{to: "ffn_up", from: "intermediate.dense", dims: "intermediate_size,hidden_size", bias: true},
		{to: "ffn_down", from: "output.dense", dims: "hidden_size,intermediate_size", bias: true},
		{to: "layer_output_norm", from: "output.LayerNorm", dims: "hidden_size", bias: true},
	}
	family := func(prefix string, keys func(*config)) *family {
		return &family{
			name: "bert", prefixes: []string{"", prefix}, ignore: []string{"cls.", "lm_head.", "pooler.", prefix + "pooler."},
			keys: keys,
			once: []rule{
				{to: "token_embd", from: "embeddings.word_embeddings", dims: "vocab_size,hidden_size"},
				{to: "token_embd_norm", from: "embeddings.LayerNorm", dims: "hidden_size", bias: true},
				{to: "token_types", from: "embeddings.token_type_embeddings", dims: "type_vocab_size,hidden_size", change: change{f32: true}},
				{to: "position_embd", from: "embeddings.position_embeddings", dims: "max_position_embeddings+no_positions,hidden_size", out: "max_position_embeddings,hidden_size",
					change: change{f32: true, rows: func(c *config, row int) int { return row + int(c.sizes["no_positions"]) }}},
			},
			stacks: blocks("encoder.layer.%d.", rules),
		}
	}
	register(family("bert.", func(c *config) { bertKeys(c, 0) }), "BertModel", "BertForMaskedLM")
	register(family("roberta.", func(c *config) { bertKeys(c, 1+c.count(1, "pad_token_id")) }), "RobertaModel", "RobertaForMaskedLM", "XLMRobertaModel", "XLMRobertaForMaskedLM")
}

// bertKeys sets BERT's keys. Some positions, before those of a text, are none.
func bertKeys(c *config, none int64) {
	if all := c.size(0, "max_position_embeddings"); all > none {
		c.values["max_position_embeddings"] = files.Number(fmt.Sprint(all - none))
	} else {
		c.fail("max_position_embeddings %d, of which %d are no text's", all, none)
	}
	c.encoder()
	c.sizes["no_positions"] = none
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-12, "layer_norm_eps"))
	c.size(2, "type_vocab_size")
	c.activation([]string{"hidden_act"}, "gelu", "gelu_new", "gelu_pytorch_tanh")
	if kind := c.text("position_embedding_type"); kind != "" && kind != "absolute" {
		c.unsupported("position_embedding_type %s", kind)
	}
}

// encoder sets the keys of a model whose tokens see each other to both sides.
func (c *config) encoder() {
	c.common()
	c.setUint("feed_forward_length", c.size(0, "intermediate_size", "n_inner", "d_ff"))
	c.setUint("attention.head_count_kv", c.sizes["num_attention_heads"])
	c.sizes["head_dim"] = max(1, c.sizes["hidden_size"]/c.sizes["num_attention_heads"])
	c.setBool("attention.causal", false)
}

package hf

import (
	"fmt"

	"github.com/gander-lm/gander/core/files"
)

// BERT, and RoBERTa and its kin, whose first positions are no text's and are left out.
// Source: llama.cpp conversion/bert.py; transformers models/bert, roberta, xlm_roberta.
func init() {
	register(bert, "BertModel", "BertForMaskedLM")
	register(roberta, "RobertaModel", "RobertaForMaskedLM", "XLMRobertaModel", "XLMRobertaForMaskedLM")
}

func bert() *family { return bertFamily("bert.", func(c *config) { bertKeys(c, 0) }) }

func roberta() *family {
	return bertFamily("roberta.", func(c *config) { bertKeys(c, 1+c.count(1, "pad_token_id")) })
}

func bertFamily(prefix string, keys func(*config)) *family {
	rules := table(`
	attn_q             attention.self.query        hidden_size,hidden_size        bias
	attn_k             attention.self.key          hidden_size,hidden_size        bias
	attn_v             attention.self.value        hidden_size,hidden_size        bias
	attn_output        attention.output.dense      hidden_size,hidden_size        bias
	attn_output_norm   attention.output.LayerNorm  hidden_size                    bias
	ffn_up             intermediate.dense          intermediate_size,hidden_size  bias
	ffn_down           output.dense                hidden_size,intermediate_size  bias
	layer_output_norm  output.LayerNorm            hidden_size                    bias
`)
	once := table(`
	token_embd       embeddings.word_embeddings        vocab_size,hidden_size
	token_embd_norm  embeddings.LayerNorm              hidden_size                                       bias
	token_types      embeddings.token_type_embeddings  type_vocab_size,hidden_size                       f32
	position_embd    embeddings.position_embeddings    max_position_embeddings+no_positions,hidden_size  out=max_position_embeddings,hidden_size f32
`)
	textPositions := func(c *config, row int) int { return row + int(c.sizes["no_positions"]) }
	return &family{
		name: "bert", prefixes: []string{"", prefix}, ignore: []string{"cls.", "lm_head.", "pooler.", prefix + "pooler."},
		keys:   keys,
		once:   reorder(once, textPositions, "position_embd"),
		stacks: blocks("encoder.layer.%d.", rules),
	}
}

// bertKeys sets BERT's keys. Some positions, before those of a text, are none.
func bertKeys(c *config, none int64) {
	if all := c.size(0, "max_position_embeddings"); all > none {
		c.values["max_position_embeddings"] = files.Number(fmt.Sprint(all - none))
	} else {
		c.fail("max_position_embeddings %d, of which %d are no text's", all, none)
	}
	c.bert()
	c.sizes["no_positions"] = none
	if kind := c.text("position_embedding_type"); kind != "" && kind != "absolute" {
		c.unsupported("position_embedding_type %s", kind)
	}
}

// bert sets the keys of BERT and its descendants, but for what they know of positions.
func (c *config) bert() {
	c.encoder()
	c.setFloat("attention.layer_norm_epsilon", c.number(1e-12, "layer_norm_eps"))
	c.size(2, "type_vocab_size")
	c.activation([]string{"hidden_act"}, "gelu", "gelu_new", "gelu_pytorch_tanh")
}

// encoder sets the keys of a model whose tokens see each other to both sides.
func (c *config) encoder() {
	c.common()
	c.setUint("feed_forward_length", c.size(0, "intermediate_size", "n_inner", "d_ff"))
	c.setUint("attention.head_count_kv", c.sizes["num_attention_heads"])
	c.sizes["head_dim"] = max(1, c.sizes["hidden_size"]/c.sizes["num_attention_heads"])
	c.setBool("attention.causal", false)
}

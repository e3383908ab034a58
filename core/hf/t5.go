package hf

import (
	"math"

	"github.com/gander-lm/gander/core/files"
)

// T5, of all versions, whose encoder is also a model of its own.
// Source: llama.cpp conversion/t5.py; transformers models/t5.
func init() {
	encoder := stack{from: "encoder.block.%d.", to: "enc.blk.%d.", count: "num_hidden_layers", rules: t5Rules(1)}
	decoder := stack{from: "decoder.block.%d.", to: "dec.blk.%d.", count: "num_decoder_layers", rules: append(t5Rules(2),
		rule{to: "cross_attn_norm", from: "layer.1.layer_norm", dims: "hidden_size"},
		rule{to: "cross_attn_q", from: "layer.1.EncDecAttention.q", dims: "num_attention_heads*head_dim,hidden_size"},
		rule{to: "cross_attn_k", from: "layer.1.EncDecAttention.k", dims: "num_attention_heads*head_dim,hidden_size"},
		rule{to: "cross_attn_v", from: "layer.1.EncDecAttention.v", dims: "num_attention_heads*head_dim,hidden_size"},
		rule{to: "cross_attn_o", from: "layer.1.EncDecAttention.o", dims: "hidden_size,num_attention_heads*head_dim"},
	)}
	once := []rule{
		{to: "token_embd", from: "shared", dims: "vocab_size,hidden_size"},
		{to: "enc.output_norm", from: "encoder.final_layer_norm", dims: "hidden_size"},
	}
	copies := []string{"encoder.embed_tokens.", "decoder.embed_tokens."}
	register(&family{
		name: "t5", prefixes: []string{""}, head: "lm_head", tied: true, ignore: copies,
		keys:   t5Keys,
		once:   append(once, rule{to: "dec.output_norm", from: "decoder.final_layer_norm", dims: "hidden_size"}),
		stacks: []stack{encoder, decoder},
	}, "T5ForConditionalGeneration")
	register(&family{
		name: "t5encoder", prefixes: []string{""}, ignore: copies,
		keys: t5EncoderKeys, once: once, stacks: []stack{encoder},
	}, "T5EncoderModel")
}

// t5Rules are a block's tensors of the attention to its own text and of the network,
// which is the layer of some number.
func t5Rules(network int) []rule {
	ffn := map[int]string{1: "layer.1.", 2: "layer.2."}[network]
	return []rule{
		{to: "attn_norm", from: "layer.0.layer_norm", dims: "hidden_size"},
		{to: "attn_q", from: "layer.0.SelfAttention.q", dims: "num_attention_heads*head_dim,hidden_size"},
		{to: "attn_k", from: "layer.0.SelfAttention.k", dims: "num_attention_heads*head_dim,hidden_size"},
		{to: "attn_v", from: "layer.0.SelfAttention.v", dims: "num_attention_heads*head_dim,hidden_size"},
		{to: "attn_o", from: "layer.0.SelfAttention.o", dims: "hidden_size,num_attention_heads*head_dim"},
		{to: "attn_rel_b", from: "layer.0.SelfAttention.relative_attention_bias", dims: "relative_attention_num_buckets,num_attention_heads", change: change{f32: true}, optional: true},
		{to: "ffn_norm", from: ffn + "layer_norm", dims: "hidden_size"},
		{to: "ffn_up", from: ffn + "DenseReluDense.wi", dims: "intermediate_size,hidden_size", optional: true},
		{to: "ffn_gate", from: ffn + "DenseReluDense.wi_0", dims: "intermediate_size,hidden_size", optional: true},
		{to: "ffn_up", from: ffn + "DenseReluDense.wi_1", dims: "intermediate_size,hidden_size", optional: true},
		{to: "ffn_down", from: ffn + "DenseReluDense.wo", dims: "hidden_size,intermediate_size"},
	}
}

func t5Keys(c *config) {
	c.t5()
	c.setUint("decoder_block_count", c.size(c.sizes["num_hidden_layers"], "num_decoder_layers"))
	c.setUint("decoder_start_token_id", c.count(0, "decoder_start_token_id"))
	if c.boolean("tie_word_embeddings", true) {
		c.setFloat("logit_scale", 1/math.Sqrt(float64(c.sizes["hidden_size"])))
	}
}

func t5EncoderKeys(c *config) {
	c.t5()
	c.setBool("attention.causal", false)
}

// t5 sets what both have.
func (c *config) t5() {
	for key, def := range map[string]string{"n_positions": "512", "d_kv": "64"} { // as transformers' T5Config
		if c.values[key] == nil {
			c.values[key] = files.Number(def)
		}
	}
	c.values["head_dim"] = c.values["d_kv"]
	c.common()
	c.setUint("feed_forward_length", c.size(0, "intermediate_size", "d_ff"))
	c.setUint("attention.head_count_kv", c.sizes["num_attention_heads"])
	c.setUint("attention.key_length", c.size(0, "head_dim"))
	c.setUint("attention.value_length", c.sizes["head_dim"])
	c.setFloat("attention.layer_norm_rms_epsilon", c.number(1e-6, "layer_norm_epsilon"))
	c.setUint("attention.relative_buckets_count", c.size(32, "relative_attention_num_buckets"))
	c.only("relative_attention_max_distance", 128)
	c.activation([]string{"feed_forward_proj"}, "relu", "gated-gelu")
}

package hf

import (
	"fmt"
	"math"
	"strings"
)

// T5, of all versions, whose encoder is also a model of its own.
// Source: llama.cpp conversion/t5.py; transformers models/t5.
func init() {
	register(t5, "T5ForConditionalGeneration")
	register(t5Encoder, "T5EncoderModel")
}

// t5Copies are of the embedding.
var t5Copies = []string{"encoder.embed_tokens.", "decoder.embed_tokens."}

func t5() *family {
	once := append(t5Once(), rule{to: "dec.output_norm", from: "decoder.final_layer_norm", dims: "hidden_size"})
	decoder := append(t5Rules(2), t5CrossAttention()...)
	return &family{
		name: "t5", prefixes: []string{""}, head: "lm_head", ignore: t5Copies,
		keys: t5Keys, once: once,
		stacks: []stack{t5EncoderStack(), {from: "decoder.block.%d.", to: "dec.blk.%d.", count: "num_decoder_layers", rules: decoder}},
	}
}

func t5Encoder() *family {
	return &family{
		name: "t5encoder", prefixes: []string{""}, ignore: t5Copies,
		keys: t5EncoderKeys, once: t5Once(), stacks: []stack{t5EncoderStack()},
	}
}

func t5EncoderStack() stack {
	return stack{from: "encoder.block.%d.", to: "enc.blk.%d.", count: "num_hidden_layers", rules: t5Rules(1)}
}

// t5Once are the tensors that the encoder has once.
func t5Once() []rule {
	return table(`
	token_embd       shared                    vocab_size,hidden_size
	enc.output_norm  encoder.final_layer_norm  hidden_size
`)
}

// t5CrossAttention are a block's tensors of the attention to the source text.
func t5CrossAttention() []rule {
	return table(`
	cross_attn_norm  layer.1.layer_norm         hidden_size
	cross_attn_q     layer.1.EncDecAttention.q  num_attention_heads*head_dim,hidden_size
	cross_attn_k     layer.1.EncDecAttention.k  num_attention_heads*head_dim,hidden_size
	cross_attn_v     layer.1.EncDecAttention.v  num_attention_heads*head_dim,hidden_size
	cross_attn_o     layer.1.EncDecAttention.o  hidden_size,num_attention_heads*head_dim
`)
}

// t5Rules are a block's tensors of the attention to its own text and of the network,
// which is the layer of some number.
func t5Rules(network int) []rule {
	rules := table(`
	attn_norm   layer.0.layer_norm                             hidden_size
	attn_q      layer.0.SelfAttention.q                        num_attention_heads*head_dim,hidden_size
	attn_k      layer.0.SelfAttention.k                        num_attention_heads*head_dim,hidden_size
	attn_v      layer.0.SelfAttention.v                        num_attention_heads*head_dim,hidden_size
	attn_o      layer.0.SelfAttention.o                        hidden_size,num_attention_heads*head_dim
	attn_rel_b  layer.0.SelfAttention.relative_attention_bias  relative_attention_num_buckets,num_attention_heads  optional f32
	ffn_norm    layer.N.layer_norm                             hidden_size
	ffn_up      layer.N.DenseReluDense.wi                      intermediate_size,hidden_size                       optional
	ffn_gate    layer.N.DenseReluDense.wi_0                    intermediate_size,hidden_size                       optional
	ffn_up      layer.N.DenseReluDense.wi_1                    intermediate_size,hidden_size                       optional
	ffn_down    layer.N.DenseReluDense.wo                      hidden_size,intermediate_size
`)
	for i := range rules {
		rules[i].from = strings.Replace(rules[i].from, "layer.N.", fmt.Sprintf("layer.%d.", network), 1)
	}
	return rules
}

func t5Keys(c *config) {
	c.t5()
	c.setUint("decoder_block_count", c.size(c.sizes["num_hidden_layers"], "num_decoder_layers"))
	c.setUint("decoder_start_token_id", c.count(0, "decoder_start_token_id"))
	// Newer files say whether the logits are scaled, and of all that the output matrix is
	// the embedding; whether it is can then be seen by what is stored.
	scaled := c.boolean("scale_decoder_outputs", c.boolean("tie_word_embeddings", true))
	if c.values["tie_word_embeddings"] = any(true); !scaled {
		delete(c.values, "tie_word_embeddings")
	}
	if scaled {
		c.setFloat("logit_scale", 1/math.Sqrt(float64(c.sizes["hidden_size"])))
	}
}

func t5EncoderKeys(c *config) {
	c.t5()
	c.setBool("attention.causal", false)
}

// t5 sets what both have.
func (c *config) t5() {
	c.defaults(map[string]string{"n_positions": "512", "d_kv": "64"})
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

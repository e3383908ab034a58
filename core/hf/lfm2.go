package hf

import (
	"slices"
	"strconv"

	"github.com/gander-lm/gander/core/files"
)

// LFM2: blocks with a short convolution, and some with attention. The last norm is called
// the embedding's.
// Source: llama.cpp conversion/lfm2.py; transformers models/lfm2.
func init() { register(lfm2, "Lfm2ForCausalLM") }

func lfm2() *family {
	return &family{
		name: "lfm2", prefixes: []string{"model."}, head: "lm_head", tied: true,
		keys: lfm2Keys,
		once: table(`
	token_embd       embed_tokens    vocab_size,hidden_size
	token_embd_norm  embedding_norm  hidden_size
`),
		stacks: blocks("layers.%d.", table(`
	attn_norm           operator_norm          hidden_size
	ffn_norm            ffn_norm               hidden_size
	ffn_gate            feed_forward.w1        feed_forward_length,hidden_size
	ffn_up              feed_forward.w3        feed_forward_length,hidden_size
	ffn_down            feed_forward.w2        hidden_size,feed_forward_length
	shortconv.conv      conv.conv              hidden_size,1,conv_L_cache                out=hidden_size,conv_L_cache optional f32
	shortconv.in_proj   conv.in_proj           3*hidden_size,hidden_size                 optional
	shortconv.out_proj  conv.out_proj          hidden_size,hidden_size                   optional
	attn_q              self_attn.q_proj       num_attention_heads*head_dim,hidden_size  optional
	attn_k              self_attn.k_proj       num_key_value_heads*head_dim,hidden_size  optional
	attn_v              self_attn.v_proj       num_key_value_heads*head_dim,hidden_size  optional
	attn_output         self_attn.out_proj     hidden_size,num_attention_heads*head_dim  optional
	attn_q_norm         self_attn.q_layernorm  head_dim                                  optional
	attn_k_norm         self_attn.k_layernorm  head_dim                                  optional
`)),
	}
}

func lfm2Keys(c *config) {
	for own, name := range map[string]string{"tie_embedding": "tie_word_embeddings", "theta": "rope_theta"} {
		if v := c.values[own]; v != nil {
			c.values[name] = v
		}
	}
	c.common()
	c.w.Set(c.prefix+"attention.head_count_kv", c.lfm2Heads(int32(c.keyHeads())))
	c.sizes["head_dim"] = max(1, c.sizes["hidden_size"]/c.sizes["num_attention_heads"])
	c.lfm2Network()
	c.setFloat("attention.layer_norm_rms_epsilon", c.number(1e-5, "norm_eps", "block_norm_eps"))
	c.setUint("shortconv.l_cache", c.size(3, "conv_L_cache"))
	c.only("conv_bias", false)
	c.rope(c.sizes["head_dim"], 1000000)
}

// lfm2Heads returns for each layer the heads of keys and values, 0 where it has a
// convolution: by layer_types, or by the numbers of those with attention, or all have it.
func (c *config) lfm2Heads(heads int32) []int32 {
	out := make([]int32, c.sizes["num_hidden_layers"])
	types, with := c.list("layer_types"), c.list("full_attn_idxs")
	if types != nil && len(types) != len(out) {
		c.fail("layer_types has %d entries for %d layers", len(types), len(out))
		return nil
	}
	for i := range out {
		switch {
		case types == nil && with == nil, types == nil && slices.Contains(with, any(files.Number(strconv.Itoa(i)))):
			out[i] = heads
		case types == nil || types[i] == "conv":
		case types[i] == "full_attention":
			out[i] = heads
		default:
			c.unsupported("a layer of type %v", types[i])
		}
	}
	return out
}

// lfm2Network sets the width of the networks, which config.json has before it is cut to two
// thirds and rounded up.
// Source: transformers models/lfm2/modeling_lfm2.py (Lfm2MLP).
func (c *config) lfm2Network() {
	width := c.size(0, "block_ff_dim", "intermediate_size")
	if c.boolean("block_auto_adjust_ff_dim", true) {
		multiple := c.size(256, "block_multiple_of")
		width = int64(c.number(1, "block_ffn_dim_multiplier") * float64(2*width/3))
		width = (width + multiple - 1) / multiple * multiple
	}
	if width < 1 || width > most {
		c.fail("block_ffn_dim_multiplier makes a network of %d", width)
		width = 1
	}
	c.sizes["feed_forward_length"] = width
	c.setUint("feed_forward_length", width)
}

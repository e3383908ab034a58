package hf

// Llama and Mistral. Their queries and keys are stored for a rotation of pairs half
// a head apart; llama in GGUF rotates adjacent pairs, so that the rows of each
// head are interleaved.
// Source: llama.cpp conversion/llama.py; transformers models/llama.
func init() { register(llama, "LlamaForCausalLM", "LLaMAForCausalLM", "MistralForCausalLM") }

func llama() *family {
	return &family{
		name: "llama", prefixes: []string{"model."}, head: "lm_head",
		keys:   llamaKeys,
		once:   llamaOnce(),
		stacks: blocks("layers.%d.", reorder(llamaBlocks(), adjacentPairs, "attn_q", "attn_k")),
	}
}

func llamaKeys(c *config) {
	c.windowAsContext() // of Mistral's first models
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.sizes["head_dim"], 10000)
}

func llamaOnce() []rule {
	return table(`
	token_embd   embed_tokens  vocab_size,hidden_size
	output_norm  norm          hidden_size
`)
}

// llamaBlocks are the tensors of a block of Llama and those that follow it.
func llamaBlocks() []rule {
	return table(`
	attn_norm    input_layernorm           hidden_size
	attn_q       self_attn.q_proj          num_attention_heads*head_dim,hidden_size
	attn_k       self_attn.k_proj          num_key_value_heads*head_dim,hidden_size
	attn_v       self_attn.v_proj          num_key_value_heads*head_dim,hidden_size
	attn_output  self_attn.o_proj          hidden_size,num_attention_heads*head_dim
	ffn_norm     post_attention_layernorm  hidden_size
	ffn_gate     mlp.gate_proj             intermediate_size,hidden_size
	ffn_up       mlp.up_proj               intermediate_size,hidden_size
	ffn_down     mlp.down_proj             hidden_size,intermediate_size
`)
}

// adjacentPairs interleaves the halves of each head: value i of the first half
// becomes 2i, value i of the second 2i+1.
func adjacentPairs(c *config, row int) int {
	head := int(c.sizes["head_dim"])
	i := row % head
	return row - i + i/2 + i%2*(head/2)
}

package hf

// Llama and Mistral. Their queries and keys are stored for a rotation of pairs half
// a head apart; llama in GGUF rotates adjacent pairs, so that the rows of each
// head are interleaved.
// Source: llama.cpp conversion/llama.py; transformers models/llama.
func init() {
	register(&family{
		name: "llama", prefixes: []string{"model."}, head: "lm_head",
		keys:   llamaKeys,
		once:   llamaOnce,
		stacks: blocks("layers.%d.", llamaBlocks(change{rows: adjacentPairs})),
	}, "LlamaForCausalLM", "LLaMAForCausalLM", "MistralForCausalLM")
}

func llamaKeys(c *config) {
	c.windowAsContext() // of Mistral's first models
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.sizes["head_dim"], 10000)
}

var llamaOnce = []rule{
	{to: "token_embd", from: "embed_tokens", dims: "vocab_size,hidden_size"},
	{to: "output_norm", from: "norm", dims: "hidden_size"},
}

// llamaBlocks are the tensors of a block of Llama and those that follow it; qk is
// what happens to queries and keys.
func llamaBlocks(qk change) []rule {
	return []rule{
		{to: "attn_norm", from: "input_layernorm", dims: "hidden_size"},
		{to: "attn_q", from: "self_attn.q_proj", dims: "num_attention_heads*head_dim,hidden_size", change: qk},
		{to: "attn_k", from: "self_attn.k_proj", dims: "num_key_value_heads*head_dim,hidden_size", change: qk},
		{to: "attn_v", from: "self_attn.v_proj", dims: "num_key_value_heads*head_dim,hidden_size"},
		{to: "attn_output", from: "self_attn.o_proj", dims: "hidden_size,num_attention_heads*head_dim"},
		{to: "ffn_norm", from: "post_attention_layernorm", dims: "hidden_size"},
		{to: "ffn_gate", from: "mlp.gate_proj", dims: "intermediate_size,hidden_size"},
		{to: "ffn_up", from: "mlp.up_proj", dims: "intermediate_size,hidden_size"},
		{to: "ffn_down", from: "mlp.down_proj", dims: "hidden_size,intermediate_size"},
	}
}

// adjacentPairs interleaves the halves of each head: value i of the first half
// becomes 2i, value i of the second 2i+1.
func adjacentPairs(c *config, row int) int {
	head := int(c.sizes["head_dim"])
	i := row % head
	return row - i + i/2 + i%2*(head/2)
}

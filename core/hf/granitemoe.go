package hf

// Granite MoE: Granite with a mixture of experts, whose matrices are in one tensor each,
// the gate's rows of an expert before those of its up projection.
// Source: llama.cpp conversion/granite.py; transformers models/granitemoe.
func init() { register(graniteMoE, "GraniteMoeForCausalLM") }

func graniteMoE() *family {
	experts := table(`
	ffn_gate_exps  block_sparse_moe.input_linear   num_local_experts,2*intermediate_size,hidden_size  out=num_local_experts,intermediate_size,hidden_size
	ffn_up_exps    block_sparse_moe.input_linear   num_local_experts,2*intermediate_size,hidden_size  out=num_local_experts,intermediate_size,hidden_size
	ffn_down_exps  block_sparse_moe.output_linear  num_local_experts,hidden_size,intermediate_size
`)
	half := func(second int) func(c *config, row int) int {
		return func(c *config, row int) int {
			size := int(c.sizes["intermediate_size"])
			return row/size*2*size + second*size + row%size
		}
	}
	reorder(experts, half(0), "ffn_gate_exps")
	reorder(experts, half(1), "ffn_up_exps")
	rules := append(withoutNetwork(reorder(llamaBlocks(), adjacentPairs, "attn_q", "attn_k")), router("block_sparse_moe.router.layer", "num_local_experts"))
	return &family{
		name: "granitemoe", prefixes: []string{"model."}, head: "lm_head",
		keys: graniteMoEKeys, once: llamaOnce(),
		stacks: blocks("layers.%d.", append(rules, experts...)),
	}
}

func graniteMoEKeys(c *config) {
	graniteKeys(c)
	c.experts("num_local_experts", 8, 2)
}

package hf

// Granite MoE: Granite with a mixture of experts, whose matrices are in one tensor each,
// the gate's rows of an expert before those of its up projection.
// Source: llama.cpp conversion/granite.py; transformers models/granitemoe.
func init() {
	const experts = "num_local_experts,intermediate_size,hidden_size"
	input := func(to string, half int) rule {
		return rule{to: to, from: "block_sparse_moe.input_linear", dims: "num_local_experts,2*intermediate_size,hidden_size", out: experts,
			change: change{rows: func(c *config, row int) int {
				size := int(c.sizes["intermediate_size"])
				return row/size*2*size + half*size + row%size
			}}}
	}
	register(&family{
		name: "granitemoe", prefixes: []string{"model."}, head: "lm_head",
		keys: graniteMoEKeys, once: llamaOnce,
		stacks: blocks("layers.%d.", append(withoutNetwork(llamaBlocks(change{rows: adjacentPairs})),
			router("block_sparse_moe.router.layer", "num_local_experts"),
			input("ffn_gate_exps", 0),
			input("ffn_up_exps", 1),
			rule{to: "ffn_down_exps", from: "block_sparse_moe.output_linear", dims: "num_local_experts,hidden_size,intermediate_size"},
		)),
	}, "GraniteMoeForCausalLM")
}

func graniteMoEKeys(c *config) {
	graniteKeys(c)
	c.experts("num_local_experts", 8, 2)
}

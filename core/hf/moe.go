package hf

// What mixtures of experts have in common.

// maxExperts bounds the experts of a layer; the most that a model has are 512.
const maxExperts = 1 << 12

// experts sets how many experts there are and how many a token uses; the names are
// those of config.json, the numbers what transformers takes without them.
func (c *config) experts(key string, count, used int64) {
	count = c.size(count, key)
	if used = c.size(used, "num_experts_per_tok"); used > count || count > maxExperts {
		c.fail("num_experts_per_tok %d of %s %d", used, key, count)
	}
	c.setUint("expert_count", count)
	c.setUint("expert_used_count", used)
}

// router is the matrix that chooses the experts, which is always kept as float32.
func router(from, experts string) rule {
	return rule{to: "ffn_gate_inp", from: from, dims: experts + ",hidden_size", change: change{f32: true}}
}

// eachExpert are an expert's matrices, each in a tensor of its own, by the names of gate,
// up and down. experts and size are the names of their number and of their width.
func eachExpert(from, gate, up, down, experts, size string) []rule {
	return []rule{
		{to: "ffn_gate_exps", from: from + gate, each: experts, dims: size + ",hidden_size", out: experts + "," + size + ",hidden_size"},
		{to: "ffn_up_exps", from: from + up, each: experts, dims: size + ",hidden_size", out: experts + "," + size + ",hidden_size"},
		{to: "ffn_down_exps", from: from + down, each: experts, dims: "hidden_size," + size, out: experts + ",hidden_size," + size},
	}
}

// withoutNetwork leaves out the feed-forward network's matrices of a block.
func withoutNetwork(block []rule) []rule { return without(block, "ffn_gate", "ffn_up", "ffn_down") }

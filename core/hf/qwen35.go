package hf

// Qwen3.5: most blocks have a gated delta rule, every few one attention with a gate. Its
// value heads are stored behind the key head that they belong to; in GGUF the first of
// each key head come before the second. Of a model that also sees, the part that reads
// and writes text is taken.
// Source: llama.cpp conversion/qwen.py; transformers models/qwen3_5.
func init() { register(qwen35, "Qwen3_5ForConditionalGeneration", "Qwen3_5ForCausalLM") }

func qwen35() *family {
	rules := table(`
	attn_norm            input_layernorm             hidden_size
	post_attention_norm  post_attention_layernorm    hidden_size
	ffn_gate             mlp.gate_proj               intermediate_size,hidden_size
	ffn_up               mlp.up_proj                 intermediate_size,hidden_size
	ffn_down             mlp.down_proj               hidden_size,intermediate_size

	attn_q               self_attn.q_proj            2*num_attention_heads*head_dim,hidden_size  optional
	attn_k               self_attn.k_proj            num_key_value_heads*head_dim,hidden_size    optional
	attn_v               self_attn.v_proj            num_key_value_heads*head_dim,hidden_size    optional
	attn_q_norm          self_attn.q_norm            head_dim                                    optional
	attn_k_norm          self_attn.k_norm            head_dim                                    optional
	attn_output          self_attn.o_proj            hidden_size,num_attention_heads*head_dim    optional

	attn_qkv             linear_attn.in_proj_qkv     queries_keys+value_size,hidden_size         optional
	attn_gate            linear_attn.in_proj_z       value_size,hidden_size                      optional
	ssm_beta             linear_attn.in_proj_b       linear_num_value_heads,hidden_size          optional
	ssm_alpha            linear_attn.in_proj_a       linear_num_value_heads,hidden_size          optional
	ssm_conv1d           linear_attn.conv1d          queries_keys+value_size,1,linear_conv_kernel_dim  out=queries_keys+value_size,linear_conv_kernel_dim f32 optional
	ssm_a                linear_attn.A_log           linear_num_value_heads                      bare minusexp optional
	ssm_dt.bias          linear_attn.dt_bias         linear_num_value_heads                      bare optional
	ssm_norm             linear_attn.norm            linear_value_head_dim                       optional
	ssm_out              linear_attn.out_proj        hidden_size,value_size                      optional
`)
	reorder(rules, valueHeads("0", "1"), "ssm_beta", "ssm_alpha", "ssm_a", "ssm_dt.bias")
	reorder(rules, valueHeads("0", "linear_value_head_dim"), "attn_gate")
	reorder(rules, valueHeads("queries_keys", "linear_value_head_dim"), "attn_qkv", "ssm_conv1d")
	for i := range rules {
		if rules[i].to == "ssm_out" {
			rules[i].change.cols = valueHeads("0", "linear_value_head_dim")
		}
	}
	return &family{
		name: "qwen35", prefixes: []string{"model.language_model.", "model."}, head: "lm_head",
		ignore: []string{"model.visual.", "mtp."},
		keys:   qwen35Keys, once: gemmaNorms(llamaOnce()), stacks: blocks("layers.%d.", gemmaNorms(rules)),
	}
}

func qwen35Keys(c *config) {
	c.defaults(map[string]string{"head_dim": "256"})
	c.grouped()
	c.activation([]string{"hidden_act"}, "silu")
	c.rope(c.rotaryPart(0.25, "partial_rotary_factor"), 10000)
	sections := make([]int32, 4)
	list, _ := c.ropeParameters().values["mrope_section"].([]any)
	for i, x := range list[:min(len(list), len(sections))] {
		sections[i] = int32(c.integer("mrope_section", x))
	}
	if list != nil {
		c.w.Set(c.prefix+"rope.dimension_sections", sections)
	}
	interval := c.size(4, "full_attention_interval")
	c.setUint("full_attention_interval", interval)
	for i, x := range c.list("layer_types") {
		if full := (int64(i)+1)%interval == 0; full != (x == "full_attention") {
			c.unsupported("layer_types of which not one of %d has full attention", interval)
		}
	}
	keys, values := c.size(16, "linear_num_key_heads"), c.size(32, "linear_num_value_heads")
	if values%keys != 0 {
		c.fail("linear_num_value_heads %d is no multiple of linear_num_key_heads %d", values, keys)
	}
	c.sizes["queries_keys"] = 2 * keys * c.size(128, "linear_key_head_dim")
	c.sizes["value_size"] = values * c.size(128, "linear_value_head_dim")
	c.setUint("ssm.conv_kernel", c.size(4, "linear_conv_kernel_dim"))
	c.setUint("ssm.inner_size", c.sizes["value_size"])
	c.setUint("ssm.state_size", c.sizes["linear_key_head_dim"])
	c.setUint("ssm.time_step_rank", values)
	c.setUint("ssm.group_count", keys)
}

// valueHeads finds a row of heads of some rows each, in their order in GGUF, among those
// that are stored. Some rows before the first head stay. Both are names of sizes, or numbers.
func valueHeads(before, each string) func(c *config, row int) int {
	return func(c *config, row int) int {
		start, size, keys := int(c.value(before)), int(c.value(each)), int(c.sizes["linear_num_key_heads"])
		if row < start {
			return row
		}
		head, i := (row-start)/size, (row-start)%size
		perKey := int(c.sizes["linear_num_value_heads"]) / keys
		return start + (head%keys*perKey+head/keys)*size + i
	}
}

package hf

// Mistral 3 and Ministral 3: Llama stretched by YaRN, with a scale of the queries that
// grows with the position. Of a model that also sees, the part that reads and writes
// text is taken.
// Source: llama.cpp conversion/mistral3.py; transformers models/mistral3, ministral3.
func init() { register(mistral3, "Mistral3ForConditionalGeneration", "Ministral3ForCausalLM") }

func mistral3() *family {
	f := llama()
	f.name, f.keys = "mistral3", mistral3Keys
	f.prefixes = []string{"model.", "language_model.model.", "model.language_model."}
	f.ignore = []string{"vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."}
	return f
}

func mistral3Keys(c *config) {
	if kind := c.text("model_type"); kind == "mistral4" {
		c.unsupported("model_type %s of a Mistral3ForConditionalGeneration", kind)
	}
	llamaKeys(c)
	r := c.ropeParameters()
	scale := r.number(0, "mscale_all_dim")
	if r.number(scale, "mscale") != scale {
		c.unsupported("mscale %v beside mscale_all_dim %v", r.values["mscale"], scale)
	}
	if scale != 0 {
		c.setFloat("rope.scaling.yarn_log_multiplier", scale)
	}
	if beta := r.number(0, "llama_4_scaling_beta"); beta != 0 {
		c.setFloat("attention.temperature_scale", beta)
	}
	if c.err == nil {
		c.err = r.err
	}
}

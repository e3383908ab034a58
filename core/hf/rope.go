package hf

import (
	"math"
)

// rope sets the keys of the rotary embedding and its scaling, of which the part
// rotates. Transformers 5 has all of it in rope_parameters, the versions before
// in rope_theta and rope_scaling.
//
// Source: llama.cpp conversion/base.py (TextModel.set_gguf_parameters);
// transformers modeling_rope_utils.py.
func (c *config) rope(dims int64, base float64) {
	r := c.ropeParameters()
	c.setUint("rope.dimension_count", dims)
	base = r.number(c.number(base, "rope_theta", "rotary_emb_base"), "rope_theta")
	c.setFloat("rope.freq_base", base)
	kind := r.text("rope_type", "type")
	switch kind {
	case "", "default":
	case "linear":
		c.w.Set(c.prefix+"rope.scaling.type", kind)
		c.setFloat("rope.scaling.factor", r.need("factor"))
	case "yarn":
		c.yarn(r)
	case "llama3":
		c.llama3(r, dims, base)
	case "longrope", "su":
		c.longRoPE(r, dims)
	default:
		c.unsupported("rope_type %q (supported are linear, yarn, llama3, longrope)", kind)
	}
	if c.err == nil {
		c.err = r.err
	}
}

// ropeParameters returns the object that describes the rotary embedding of the
// layers with full attention; it may be empty.
func (c *config) ropeParameters() *config {
	_, v := c.find("rope_parameters", "rope_scaling")
	object, ok := v.(map[string]any)
	if v != nil && !ok {
		c.fail("rope_scaling is %v, which is no object", v)
	}
	if full, ok := object["full_attention"].(map[string]any); ok {
		object = full
	}
	return &config{values: object, sizes: map[string]int64{}, names: map[string]string{}}
}

// localBase returns the base of the rotation in layers with a window, def if
// rope_parameters doesn't say.
func (c *config) localBase(def float64) float64 {
	r, _ := c.values["rope_parameters"].(map[string]any)
	if r, ok := r["sliding_attention"].(map[string]any); ok && r["rope_theta"] != nil {
		return c.float("rope_theta", r["rope_theta"])
	}
	return def
}

// need returns a positive number that must be there.
func (c *config) need(key string) float64 {
	x := c.number(0, key)
	if !(x > 0) || math.IsInf(x, 0) {
		c.fail("rope_scaling: %q is missing or not positive", key)
		return 1
	}
	return x
}

// original returns the context that the model had before it was stretched.
func (c *config) original(r *config) int64 {
	n := c.size(c.sizes["max_position_embeddings"], "original_max_position_embeddings")
	return r.size(n, "original_max_position_embeddings")
}

func (c *config) yarn(r *config) {
	c.w.Set(c.prefix+"rope.scaling.type", "yarn")
	c.setFloat("rope.scaling.factor", r.need("factor"))
	c.setUint("rope.scaling.original_context_length", c.original(r))
	for _, key := range []string{"beta_fast", "beta_slow"} {
		if r.values[key] != nil {
			c.setFloat("rope.scaling.yarn_"+key, r.need(key))
		}
	}
	// attention_factor is what cosine and sine are multiplied by in all. GGUF has the
	// part beside 1 + 0.1 ln(factor).
	if r.values["attention_factor"] != nil {
		c.setFloat("rope.scaling.attn_factor", r.need("attention_factor")/(1+0.1*math.Log(r.need("factor"))))
	}
}

// llama3 adds the divisors of the angles: 1 for the short wavelengths, factor for
// the long ones, and between them a mix.
// Source: transformers modeling_rope_utils.py _compute_llama3_parameters.
func (c *config) llama3(r *config, dims int64, base float64) {
	factor, low, high := r.need("factor"), r.need("low_freq_factor"), r.need("high_freq_factor")
	context := float64(c.original(r))
	if high <= low {
		c.fail("rope_scaling: high_freq_factor %v is not above low_freq_factor %v", high, low)
		return
	}
	if dims > maxRotary {
		c.fail("head_dim %d", dims)
		return
	}
	values := make([]float32, dims/2)
	for i := range values {
		turns := context / (2 * math.Pi * math.Pow(base, float64(2*i)/float64(dims))) // in the old context
		switch {
		case turns > high:
			values[i] = 1
		case turns < low:
			values[i] = float32(factor)
		default:
			smooth := (turns - low) / (high - low)
			values[i] = float32(1 / ((1-smooth)/factor + smooth))
		}
	}
	c.vectors = append(c.vectors, vector{"rope_freqs.weight", values})
}

// maxRotary bounds the values of a head that rotate.
const maxRotary = 1 << 16

// longRoPE adds the divisors for short and for long contexts, and the factor of
// cosine and sine. Paper: LongRoPE, arXiv:2402.13753.
func (c *config) longRoPE(r *config, dims int64) {
	before := float64(c.original(r))
	c.setUint("rope.scaling.original_context_length", int64(before))
	factor := 1.0
	if scale := float64(c.sizes["max_position_embeddings"]) / before; scale > 1 {
		factor = math.Sqrt(1 + math.Log(scale)/math.Log(before))
	}
	c.setFloat("rope.scaling.attn_factor", r.number(factor, "attention_factor"))
	for _, v := range [][2]string{{"long_factor", "rope_factors_long.weight"}, {"short_factor", "rope_factors_short.weight"}} {
		list, ok := r.values[v[0]].([]any)
		if !ok || int64(len(list)) != dims/2 {
			c.fail("rope_scaling: %q must be a list of %d numbers, half of what rotates of a head", v[0], dims/2)
			return
		}
		values := make([]float32, len(list))
		for i, x := range list {
			values[i] = float32(r.float(v[0], x))
		}
		c.vectors = append(c.vectors, vector{v[1], values})
	}
}

package hf

// onlyWindows says that the layers with windows must be those of a rule, for which GGUF's
// architecture stands.
func (c *config) onlyWindows(rule func(layer int) bool) {
	for i, window := range c.windows(rule) {
		if window != rule(i) {
			c.unsupported("windows in other layers than those of all models of type %s", c.name())
			return
		}
	}
}

// windows says of each layer whether it has a window: by layer_types, or without them by
// a rule.
func (c *config) windows(rule func(layer int) bool) []bool {
	out := make([]bool, c.sizes["num_hidden_layers"])
	types, said := c.values["layer_types"].([]any)
	if said && len(types) != len(out) {
		c.fail("layer_types has %d entries for %d layers", len(types), len(out))
		return nil
	}
	for i := range out {
		out[i] = rule(i)
		if !said {
			continue
		}
		switch types[i] {
		case "sliding_attention":
			out[i] = true
		case "full_attention":
			out[i] = false
		default:
			c.unsupported("a layer of type %v", types[i])
		}
	}
	return out
}

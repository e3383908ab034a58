package sample

func init() {
	register(stageTemperature, func(o *Options) step {
		if o.Temperature == 1 || o.Temperature == 0 {
			return nil
		}
		return temperature(float32(1 / o.Temperature))
	})
}

// temperature multiplies logits by 1/T: below 1 the best gain, above 1 the others.
// Ackley, Hinton and Sejnowski, "A Learning Algorithm for Boltzmann Machines", 1985.
type temperature float32

func (t temperature) apply(c []Candidate) []Candidate {
	// From the best down, so that a tiny T gives large negative numbers, not infinities.
	best := c[0].Logit
	for i := range c {
		c[i].Logit = (c[i].Logit - best) * float32(t)
		if c[i].Logit != c[i].Logit { // the best is infinite, or 0 times infinity
			c[i].Logit = 0
		}
	}
	return c
}

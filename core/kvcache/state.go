package kvcache

// State returns what a layer with a state keeps, [Shape.State] float32, zeros at first.
// It is not a copy: a layer computes on it in place, once for each position in order.
func (l *Layer) State() []float32 {
	if l.state == nil {
		l.state = make([]float32, l.Shape.State)
	}
	return l.state
}

package attention

import "math"

// formula is a kind of attention in float64, number by number, as plain as it gets:
// TestTable holds it against PyTorch, and the fuzz test the fast code against it.
func formula(kind string, w []float32, q, k, v Matrix, o *Options) (Matrix, []float32) {
	heads, kvHeads := max(1, o.NumHeads), o.NumKVHeads
	if kvHeads == 0 {
		kvHeads = heads
	}
	headDim, valueDim := q.Cols/heads, v.Cols/kvHeads
	out, all := newMatrix(q.Rows, heads*valueDim), make([]float32, heads*q.Rows*k.Rows)
	for h := range heads {
		kv := h / (heads / kvHeads)
		for i := range q.Rows {
			query := turned(o.RoPE, q.Row(i)[h*headDim:][:headDim], o.First+i)
			scores, weights, sum := make([]float64, k.Rows), make([]float64, k.Rows), 0.0
			if o.Sinks != nil {
				sum = math.Exp(float64(o.Sinks[h]))
			}
			for j := range k.Rows {
				s := score(kind, w, h, query, turned(o.RoPE, k.Row(j)[kv*headDim:][:headDim], j), float64(o.Scale))
				if o.SoftCap > 0 {
					s = float64(o.SoftCap) * math.Tanh(s/float64(o.SoftCap))
				}
				if o.Bias != nil {
					b := []float32{0}
					o.Bias.Add(b, h, o.First+i, j)
					s += float64(b[0])
				}
				scores[j] = s + masked(o, h, i, j, q.Rows, k.Rows)
				weights[j] = math.Exp(scores[j])
				sum += weights[j]
			}
			for j, weight := range weights {
				if weight == 0 {
					continue
				}
				weight /= sum
				if kind == "weighted" {
					weight *= scores[j]
				}
				all[(h*q.Rows+i)*k.Rows+j] = float32(weight)
				for d := range valueDim {
					out.Row(i)[h*valueDim+d] += float32(weight * float64(v.Row(j)[kv*valueDim+d]))
				}
			}
		}
	}
	return out, all
}

func score(kind string, w []float32, head int, q, k []float64, scale float64) float64 {
	if scale == 0 {
		scale = 1
		if kind == "scaled" || kind == "weighted" {
			scale = 1 / math.Sqrt(float64(len(q)))
		}
	}
	s := 0.0
	for d := range q {
		if kind == "additive" {
			s += float64(w[head*len(q)+d]) * math.Tanh(q[d]+k[d])
		} else {
			s += q[d] * k[d]
		}
	}
	return s * scale
}

// masked is what the masks add to a score: 0, -Inf, or the number of AdditiveMask.
func masked(o *Options, head, i, j, queries, keys int) float64 {
	position, add := o.First+i, 0.0
	hidden := o.KeyMask != nil && !o.KeyMask[j] || o.UseCausalMask && j > position ||
		o.Window > 0 && (j <= position-o.Window || j >= position+o.Window)
	at := i*keys + j
	if len(o.AttentionMask) > queries*keys {
		hidden = hidden || !o.AttentionMask[head*queries*keys+at]
	} else if o.AttentionMask != nil {
		hidden = hidden || !o.AttentionMask[at]
	}
	if len(o.AdditiveMask) > queries*keys {
		add = float64(o.AdditiveMask[head*queries*keys+at])
	} else if o.AdditiveMask != nil {
		add = float64(o.AdditiveMask[at])
	}
	if hidden {
		return math.Inf(-1)
	}
	return add
}

// turned is x, rotated by a position.
func turned(r *RoPE, x []float32, position int) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	if r == nil {
		return y
	}
	for i, f := range r.freq {
		a, b := 2*i, 2*i+1
		if r.neox {
			a, b = i, i+len(r.freq)
		}
		sin, cos := math.Sincos(float64(position) * f)
		y[a], y[b] = y[a]*cos-y[b]*sin, y[b]*cos+y[a]*sin
	}
	return y
}

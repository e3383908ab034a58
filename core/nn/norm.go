package nn

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/profile"
)

// Norm is a norm of rows.
type Norm interface {
	// Forward writes the norm of x to dst, which may be x, row by row.
	Forward(dst, x []float32)
	// Present tells whether the file has the norm, where it is optional.
	Present() bool
}

// RMSNorm is kernel.RMSNorm with its weight.
type RMSNorm struct {
	weight []float32 // [hidden]
	eps    float32
}

// PlainRMSNorm returns the norm of rows of some width without a weight.
func PlainRMSNorm(width int, eps float32) RMSNorm {
	n := RMSNorm{weight: make([]float32, width), eps: eps}
	for i := range n.weight {
		n.weight[i] = 1
	}
	return n
}

// Forward writes the norm of x [tokens, hidden] to dst, which may be x.
func (n *RMSNorm) Forward(dst, x []float32) {
	before := profile.Enter(profile.Norm)
	kernel.RMSNorm(dst, x, n.weight, n.eps)
	profile.Leave(before)
}

// Present tells whether the file has the norm, where it is optional.
func (n *RMSNorm) Present() bool { return n.weight != nil }

// LayerNorm is kernel.LayerNorm with its weight, and its bias if there is one.
type LayerNorm struct {
	weight, bias []float32 // [width], or [rows, width] if each row has its own
	width        int
	eps          float32
}

// Forward writes the norm of x [tokens, rows*width] to dst, which may be x.
func (n *LayerNorm) Forward(dst, x []float32) {
	before := profile.Enter(profile.Norm)
	if len(n.weight) == n.width {
		kernel.LayerNorm(dst, x, n.weight, n.bias, n.eps)
	} else {
		n.each(dst, x)
	}
	profile.Leave(before)
}

// each is Forward with weights for each row.
func (n *LayerNorm) each(dst, x []float32) {
	for at := 0; at < len(x); at += n.width {
		from := at % len(n.weight)
		to := from + n.width
		var bias []float32
		if n.bias != nil {
			bias = n.bias[from:to]
		}
		kernel.LayerNorm(dst[at:at+n.width], x[at:at+n.width], n.weight[from:to], bias, n.eps)
	}
}

// Present tells whether the file has the norm, where it is optional.
func (n *LayerNorm) Present() bool { return n.width > 0 }

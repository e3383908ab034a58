package nn

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/profile"
)

// Norm is a norm of rows.
type Norm interface {
	// Forward writes the norm of x to dst, which may be x, row by row.
	Forward(dst, x []float32)
	// Hold writes to dst, which may be x, what the norm would make of rows of x if each
	// had the scale of the row at, but without its bias: a linear function of x, and
	// what sums to at becomes what sums to at's norm without bias.
	Hold(dst, x, at []float32)
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

// Hold is as in Norm: the scale is 1/rms of at [hidden].
func (n *RMSNorm) Hold(dst, x, at []float32) {
	inv := inverse(at, n.eps)
	for i := 0; i < len(x); i += len(n.weight) {
		hold(dst[i:i+len(n.weight)], x[i:i+len(n.weight)], 0, inv, n.weight)
	}
}

// inverse returns 1/√(mean(x²) + eps).
func inverse(x []float32, eps float32) float32 {
	mean := kernel.Dot(x, x) / float32(len(x))
	return 1 / float32(math.Sqrt(float64(mean+eps)))
}

// hold writes (x - mean) * scale * w to dst.
func hold(dst, x []float32, mean, scale float32, w []float32) {
	for i, v := range x {
		dst[i] = float32(float32(v-mean)*scale) * w[i]
	}
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

// Hold is as in Norm: the scale is 1/σ of at [width], each row loses its own mean. The
// norm must not have weights for each row.
func (n *LayerNorm) Hold(dst, x, at []float32) {
	centred, m := make([]float32, n.width), mean(at)
	for i, v := range at {
		centred[i] = v - m
	}
	inv := inverse(centred, n.eps)
	for i := 0; i < len(x); i += n.width {
		row := x[i : i+n.width]
		hold(dst[i:i+n.width], row, mean(row), inv, n.weight)
	}
}

func mean(x []float32) float32 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	return float32(sum / float64(len(x)))
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

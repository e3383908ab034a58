package attention

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/profile"
)

// RoPEConfig says how fast each pair of a head turns with the position.
type RoPEConfig struct {
	Dims    int       // values of a head that rotate; even
	NeoX    bool      // pairs are (i, i+Dims/2), as kernel.RoPENeoX has them, and not (2i, 2i+1)
	Base    float64   // θ_i = Base^(-2i/Dims)
	Scaling string    // "", "linear", "yarn" or "longrope", which is all in Freqs
	Factor  float64   // of the scaling; 1 without
	Freqs   []float32 // [Dims/2], divide the angles; nil without (Llama 3's scaling comes as these)

	// YaRN: Peng et al., arXiv:2309.00071, §3.2 to 3.4.
	OriginalContext    int     // positions that the model was first trained on
	BetaFast, BetaSlow float64 // turns over the original context between which the scaling sets in
	AttnFactor         float64 // of cosine and sine; 0 is 1
	LogMultiplier      float64 // 0 if the file has none; scales the factor 1 + 0.1 ln(Factor) away
}

// RoPE holds a model's angles per position and the cosines and sines of the
// batch at hand.
// Su et al., "RoFormer", arXiv:2104.09864, §3.4.
type RoPE struct {
	neox     bool
	freq     []float64 // [dims/2], radians per position
	scale    float64   // of cosine and sine
	cos, sin []float32 // [tokens, dims], as kernel.RoPE takes them; [tokens, dims/2] for kernel.RoPENeoX
}

// NewRoPE computes the angles.
func NewRoPE(c RoPEConfig) *RoPE {
	r := &RoPE{neox: c.NeoX, freq: make([]float64, c.Dims/2), scale: c.AttnFactor}
	if c.AttnFactor == 0 {
		r.scale = 1
	}
	low, high := 0.0, 0.0
	if c.Scaling == "yarn" {
		low, high = c.yarnRange()
		r.scale *= c.yarnScale()
	}
	for i := range r.freq {
		f := math.Pow(c.Base, -2*float64(i)/float64(c.Dims))
		if c.Freqs != nil {
			f /= float64(c.Freqs[i])
		}
		switch c.Scaling {
		case "linear":
			f /= c.Factor
		case "yarn": // arXiv:2309.00071, eq. 22 and 23: γ is 1 for pairs that turn often
			gamma := 1 - min(1, max(0, (float64(i)-low)/max(0.001, high-low)))
			f = f/c.Factor*(1-gamma) + f*gamma
		}
		r.freq[i] = f
	}
	return r
}

// yarnRange returns the pairs between which the scaling sets in: those that turn
// BetaFast and BetaSlow times over the original context.
func (c *RoPEConfig) yarnRange() (low, high float64) {
	pair := func(turns float64) float64 {
		return float64(c.Dims) * math.Log(float64(c.OriginalContext)/(turns*2*math.Pi)) / (2 * math.Log(c.Base))
	}
	return max(0, math.Floor(pair(c.BetaFast))), min(float64(c.Dims-1), math.Ceil(pair(c.BetaSlow)))
}

// yarnScale returns the factor of cosine and sine, which takes the place of a
// temperature in the softmax (arXiv:2309.00071, eq. 25).
func (c *RoPEConfig) yarnScale() float64 {
	scale := 1 + 0.1*math.Log(c.Factor)
	if c.LogMultiplier != 0 {
		scale /= 1 + 0.1*c.LogMultiplier*math.Log(c.Factor)
	}
	return scale
}

// width returns how many cosines a position has.
func (r *RoPE) width() int {
	if r.neox {
		return len(r.freq)
	}
	return 2 * len(r.freq)
}

// Dims returns how many numbers of a head turn.
func (r *RoPE) Dims() int { return 2 * len(r.freq) }

// At prepares n positions from first.
func (r *RoPE) At(first, n int) {
	w := r.width()
	if cap(r.cos) < n*w {
		r.cos, r.sin = make([]float32, n*w), make([]float32, n*w)
	}
	r.cos, r.sin = r.cos[:n*w], r.sin[:n*w]
	for t := range n {
		for i, f := range r.freq {
			s, c := math.Sincos(float64(first+t) * f)
			if r.neox {
				r.cos[t*w+i], r.sin[t*w+i] = float32(c*r.scale), float32(s*r.scale)
				continue
			}
			at := t*w + 2*i
			r.cos[at], r.cos[at+1] = float32(c*r.scale), float32(c*r.scale)
			r.sin[at], r.sin[at+1] = float32(-s*r.scale), float32(s*r.scale)
		}
	}
}

// Back returns what turns keys that have their positions to those n positions earlier:
// prepared for one position, the 0-th.
func (r *RoPE) Back(n int) *RoPE {
	back := &RoPE{neox: r.neox, freq: r.freq, scale: 1}
	back.At(-n, 1)
	return back
}

// Rotate turns the heads of x [heads, headDim] by the t-th of the prepared positions.
func (r *RoPE) Rotate(x []float32, headDim, t int) {
	before := profile.Enter(profile.Rotation)
	w := r.width()
	cos, sin := r.cos[t*w:(t+1)*w], r.sin[t*w:(t+1)*w]
	if r.neox {
		kernel.RoPENeoX(x, cos, sin, headDim)
	} else {
		kernel.RoPE(x, cos, sin, headDim)
	}
	profile.Leave(before)
}

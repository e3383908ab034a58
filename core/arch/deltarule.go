package arch

import (
	"math"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// deltaRule is attention without a softmax, in constant memory: each head keeps a
// matrix S that maps keys to values. At every position S decays, and what it says of
// the new key is moved towards the new value:
//
//	S ← a·S,  S ← S + β·(v - S·k)·kᵀ,  output S·q
//
// Query, key and value come out of a short convolution, and the output goes through a
// norm and a gate. Yang et al., "Gated Delta Networks", arXiv:2412.06464, eq. 10 and §3.4.
type deltaRule struct {
	QKVBA nn.Linear  `gguf:"attn_qkv+ssm_beta+ssm_alpha" dim:"delta qkv+delta heads+delta heads,hidden"` // all on every worker
	Gate  nn.Linear  `gguf:"attn_gate" dim:"delta values,hidden"`
	Taps  nn.Vector  `gguf:"ssm_conv1d" dim:"delta qkv,taps"` // the newest position's last
	Bias  nn.Vector  `gguf:"ssm_dt.bias,bare" dim:"delta heads"`
	Decay nn.Vector  `gguf:"ssm_a,bare" dim:"delta heads"` // negative
	Norm  nn.RMSNorm `gguf:"ssm_norm" dim:"delta head"`
	Out   nn.Halved  `gguf:"ssm_out" dim:"hidden,delta values"`
}

// DeltaRule is the sizes of the layers with a gated delta rule.
type DeltaRule struct {
	KeyHeads  int // ssm.group_count
	Heads     int // ssm.time_step_rank: of values; head h has query and key h mod KeyHeads
	HeadWidth int // ssm.state_size: of queries, keys and values

	split shard.Split // of the heads
}

// deltaRule reads the sizes.
func (k *keys) deltaRule(c *Config) {
	d := &c.DeltaRule
	d.KeyHeads = k.size("ssm.group_count", 0, maxHeads)
	d.Heads = k.size("ssm.time_step_rank", 0, maxHeads)
	d.HeadWidth = k.size("ssm.state_size", 0, 1<<12)
	c.ConvTaps = k.size("ssm.conv_kernel", 0, 1<<8)
	if inner := k.size("ssm.inner_size", 0, maxWidth); inner != d.Heads*d.HeadWidth {
		k.fail("%d heads of %d values make no %d", d.Heads, d.HeadWidth, inner)
	}
	if d.Heads%d.KeyHeads != 0 {
		k.fail("%d heads can't share %d keys", d.Heads, d.KeyHeads)
	}
	d.split = shard.Divide(d.Heads, 1, c.group.Size())
}

// rows returns the length of query, key and value of all heads.
func (d *DeltaRule) rows() int { return (2*d.KeyHeads + d.Heads) * d.HeadWidth }

// deltaState returns the length of what a layer keeps on this worker: the matrices of
// its heads [heads, value, key], and the inputs of the convolution at the last
// positions [taps-1, rows].
func (c *Config) deltaState() int {
	own := c.DeltaRule.split.Of(c.group.Rank()).Len()
	return own*c.HeadWidth*c.HeadWidth + (c.ConvTaps-1)*c.DeltaRule.rows()
}

// mix writes the rule's output over its input h [tokens, hidden].
func (r *deltaRule) mix(b *Batch, c *Config, layer int, h []float32) {
	n, w := len(b.IDs), c.HeadWidth
	heads, values := c.DeltaRule.split.Of(c.group.Rank()), c.DeltaRule.split.Times(nil, w)
	state := b.Cache.Layer(layer).State()
	matrices := state[:heads.Len()*w*w]
	recent := state[len(matrices):]
	b.Context.Input(h, n)
	in := b.Context.Floats(nn.BufferProj, n*r.QKVBA.Rows())
	r.QKVBA.Forward(b.Context, in)
	gates := b.Context.Floats(nn.BufferExpert, n*heads.Len()*w)
	r.Gate.Forward(b.Context, gates)
	mixed := b.Context.Part(nn.BufferMixed, n, values)
	qkv := b.Context.Floats(nn.BufferBranch, c.DeltaRule.rows())
	for t := range n {
		row := in[t*r.QKVBA.Rows() : (t+1)*r.QKVBA.Rows()]
		r.convolve(qkv, row[:len(qkv)], recent, c)
		beta, alpha := row[len(qkv):len(qkv)+c.DeltaRule.Heads], row[len(qkv)+c.DeltaRule.Heads:]
		q, k, v := qkv[:c.KeyHeads*w], qkv[c.KeyHeads*w:2*c.KeyHeads*w], qkv[2*c.KeyHeads*w:]
		unit(q, w, c.NormEps)
		unit(k, w, c.NormEps)
		kernel.Scale(q, float32(1/math.Sqrt(float64(w))))
		for i := range heads.Len() {
			head := heads.From + i
			shared := head % c.KeyHeads * w
			decay := kernel.Exp(softplus(alpha[head]+r.Bias.Values[head]) * r.Decay.Values[head])
			out := mixed[(t*heads.Len()+i)*w : (t*heads.Len()+i+1)*w]
			step(out, matrices[i*w*w:(i+1)*w*w], q[shared:shared+w], k[shared:shared+w], v[head*w:(head+1)*w], decay, sigmoid(beta[head]))
		}
	}
	if len(mixed) > 0 {
		r.Norm.Forward(mixed, mixed)
		kernel.SwiGLU(mixed, gates, mixed)
	}
	r.Out.ForwardParts(b.Context, nn.BufferMixed, n, values, h)
}

// convolve writes silu of the convolution at a position to dst, of its input x and
// those at the positions before, recent [taps-1, rows], which x then joins.
func (r *deltaRule) convolve(dst, x, recent []float32, c *Config) {
	n := len(x)
	convolve(dst, r.Taps.Values, c.ConvTaps, func(position int) []float32 {
		if position == c.ConvTaps-1 {
			return x
		}
		return recent[position*n : (position+1)*n]
	}, c.ConvTaps-1)
	for i, v := range dst {
		dst[i] = v / (1 + kernel.Exp(-v))
	}
	copy(recent, recent[min(n, len(recent)):])
	if len(recent) > 0 {
		copy(recent[len(recent)-n:], x)
	}
}

// step moves a head's matrix s [value, key] on by a position and writes its output.
func step(out, s, q, k, v []float32, decay, beta float32) {
	kernel.Scale(s, decay)
	for i := range out {
		row := s[i*len(k) : (i+1)*len(k)]
		kernel.Axpy(row, float32(v[i]-kernel.Dot(row, k))*beta, k)
		out[i] = kernel.Dot(row, q)
	}
}

// unit scales each row of x [rows, width] to the length 1, unless it is below eps.
func unit(x []float32, width int, eps float32) {
	for at := 0; at < len(x); at += width {
		row := x[at : at+width]
		kernel.Scale(row, 1/max(float32(math.Sqrt(float64(kernel.Dot(row, row)))), eps))
	}
}

// softplus returns ln(1 + exp x).
func softplus(x float32) float32 {
	if x > 20 {
		return x
	}
	return float32(math.Log1p(float64(kernel.Exp(x))))
}

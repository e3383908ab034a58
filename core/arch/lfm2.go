// LFM2 decoder: blocks with a short convolution over the last positions, gated before
// and behind, and a few with attention like Qwen3's. Which have attention the numbers
// of key and value heads say.
// Paper: arXiv:2511.23404. Reference: transformers models/lfm2/modeling_lfm2.py; llama.cpp src/models/lfm2.cpp.

package arch

import (
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
)

func init() { register("lfm2", newLFM2) }

type lfm2 struct {
	decoder
	rotary
	Blocks []lfm2Block `gguf:"blk"`
	Norm   nn.RMSNorm  `gguf:"token_embd_norm" dim:"hidden"`
}

type lfm2Block struct {
	Norm      nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	Conv      *shortConv // or
	Attention *lfm2Attention
	FFNNorm   nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	gatedFFN
}

type lfm2Attention struct {
	selfAttention
	QNorm nn.RMSNorm `gguf:"attn_q_norm" dim:"head"`
	KNorm nn.RMSNorm `gguf:"attn_k_norm" dim:"head"`
}

// shortConv is out(c * conv(b * x)) of three projections b, c and x of the input: a
// causal convolution of each channel over a few positions.
type shortConv struct {
	In   nn.Linear `gguf:"shortconv.in_proj" dim:"channels+channels+channels,hidden"`
	Taps nn.Vector `gguf:"shortconv.conv" dim:"channels,taps"` // the newest position's last
	Out  nn.Halved `gguf:"shortconv.out_proj" dim:"hidden,channels"`
}

func newLFM2(c *Config, k *keys) (Decoder, error) {
	c.RoPE.NeoX = true
	c.ConvTaps = k.size("shortconv.l_cache", 0, 1<<8)
	m := &lfm2{Blocks: make([]lfm2Block, c.NumLayers)}
	for i, heads := range k.layers("attention.head_count_kv", c.NumLayers, c.NumKVHeads) {
		switch heads {
		case c.NumKVHeads:
			m.Blocks[i].Attention = new(lfm2Attention)
		case 0:
			m.Blocks[i].Conv = new(shortConv)
			c.Layers[i].Window, c.Layers[i].Width = c.ConvTaps, c.channelSplit.Of(c.group.Rank()).Len()
		default:
			k.fail("layer %d has %d key and value heads, others %d", i, heads, c.NumKVHeads)
		}
	}
	m.decoder = newDecoder(c)
	return m, nil
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *lfm2) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		block.Norm.Forward(h, x)
		if block.Conv != nil {
			block.Conv.mix(b, m.c, i, h)
		} else {
			a := block.Attention
			qkv := a.project(b, h)
			m.normHeads(b, qkv, &a.QNorm, &a.KNorm)
			m.rotate(&m.decoder, b, i, qkv)
			a.attend(b, &m.decoder, i, qkv, h)
		}
		x, h = m.addAttention(b, i, x, h)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, m.c, h)
		m.addFFN(b, i, x, h)
	}
	m.finish(b, x, &m.Norm)
}

// mix writes the convolution's output over its input h [tokens, hidden].
func (s *shortConv) mix(b *Batch, c *Config, layer int, h []float32) {
	n, first, cache := len(b.IDs), b.Cache.Len(), b.Cache.Layer(layer)
	own := c.channelSplit.Of(c.group.Rank()).Len()
	b.Context.Input(h, n)
	bcx := b.Context.Floats(nn.BufferProj, n*3*own)
	s.In.Forward(b.Context, bcx)
	mixed := b.Context.Part(nn.BufferMixed, n, c.channelSplit)
	for t := range n {
		if own == 0 {
			break
		}
		row := bcx[t*3*own : (t+1)*3*own]
		gate, x, out := row[own:2*own], row[2*own:], mixed[t*own:(t+1)*own]
		kernel.Mul(x, row[:own])
		cache.PutRow(first+t, x)
		convolve(out, s.Taps.Values, c.ConvTaps, cache.Row, first+t)
		kernel.Mul(out, gate)
	}
	s.Out.ForwardParts(b.Context, nn.BufferMixed, n, c.channelSplit, h)
}

// convolve writes the causal convolution of each channel at a position to dst: the
// oldest position that taps [channels, width] reach comes first, and before the first
// position there are zeros.
func convolve(dst, taps []float32, width int, row func(position int) []float32, position int) {
	clear(dst)
	for j := max(0, width-1-position); j < width; j++ {
		x := row(position - width + 1 + j)
		for c := range dst {
			dst[c] += float32(taps[c*width+j] * x[c])
		}
	}
}

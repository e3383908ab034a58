// Gemma 4 decoder: that of Gemma 3, with heads of another size in layers with a
// window, a norm of the values in place of a scale of the scores, last layers that
// read the keys and values of earlier ones, and in each layer a third part: a small
// embedding of the token for this layer alone, behind a gate.
// Reference: transformers models/gemma4/modeling_gemma4.py; llama.cpp src/models/gemma4.cpp.

package arch

import (
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

func init() { register("gemma4", newGemma4) }

type gemma4 struct {
	decoder
	rotary
	Inputs *gemma4Inputs // nil without
	Blocks []gemma4Block `gguf:"blk"`
	Norm   nn.RMSNorm    `gguf:"output_norm" dim:"hidden"`
}

// gemma4Inputs is what the layers take from the tokens themselves: a row of a table,
// and a projection of the embedding, [tokens, layers, layer input].
type gemma4Inputs struct {
	Table nn.Embedding `gguf:"per_layer_token_embd" dim:"vocab,layer inputs"`
	Proj  nn.Linear    `gguf:"per_layer_model_proj" dim:"layer inputs,hidden"`
	Norm  nn.RMSNorm   `gguf:"per_layer_proj_norm" dim:"layer input"`
}

type gemma4Block struct {
	AttnNorm nn.RMSNorm `gguf:"attn_norm" dim:"hidden"`
	Q        nn.Linear  `gguf:"attn_q" dim:"q,hidden"`
	QNorm    nn.RMSNorm `gguf:"attn_q_norm" dim:"head"`
	Keys     *gemma4Keys
	headsOutput
	AttnPostNorm nn.RMSNorm `gguf:"post_attention_norm" dim:"hidden"`
	FFNNorm      nn.RMSNorm `gguf:"ffn_norm" dim:"hidden"`
	gatedFFN
	FFNPostNorm nn.RMSNorm `gguf:"post_ffw_norm" dim:"hidden"`
	Input       *gemma4Input
	OutputScale nn.Vector `gguf:"layer_output_scale,optional" dim:"one"`

	decoder *decoder // with the sizes of this layer
	source  int      // the layer whose keys and values it reads
}

// gemma4Keys is keys and values of a layer that has its own.
type gemma4Keys struct {
	K     nn.Linear  `gguf:"attn_k" dim:"kv,hidden"`
	KNorm nn.RMSNorm `gguf:"attn_k_norm" dim:"head"`
	V     *gemma4Values
	VNorm nn.RMSNorm // without a weight
}

// gemma4Values is the values of a layer where they are not the keys before their norm.
type gemma4Values struct {
	V nn.Linear `gguf:"attn_v" dim:"kv,hidden"`
}

// gemma4Input is the part of a layer that adds what it takes from the tokens.
type gemma4Input struct {
	Gate nn.Linear  `gguf:"inp_gate" dim:"layer input,hidden"`
	Proj nn.Linear  `gguf:"proj" dim:"hidden,layer input"`
	Norm nn.RMSNorm `gguf:"post_norm" dim:"hidden"`
}

func newGemma4(c *Config, k *keys) (Decoder, error) {
	if k.number("expert_count", 0) != 0 {
		return nil, &errs.UnsupportedError{What: "experts beside Gemma 4's feed-forward network"}
	}
	gemmaConstants(c)
	c.AttnScale, c.ArchSizes = 1, map[string]int{"one": 1}
	c.LogitSoftCap = k.cap("final_logit_softcapping", 0)
	k.windows(c, 0, everyBut(6))
	m := &gemma4{decoder: newDecoder(c), Blocks: make([]gemma4Block, c.NumLayers)}
	m.layers(k)
	if n := k.number("embedding_length_per_layer_input", 0); n != 0 {
		width := k.size("embedding_length_per_layer_input", 0, maxWidth)
		c.ArchSizes["layer input"], c.ArchSizes["layer inputs"] = width, width*c.NumLayers
		c.ArchFloats = 3 * width * c.NumLayers
		m.Inputs = new(gemma4Inputs)
		for i := range m.Blocks {
			m.Blocks[i].Input = new(gemma4Input)
		}
	}
	return m, nil
}

// layers gives each layer its sizes, its rotation, and the layer whose keys it reads.
func (m *gemma4) layers(k *keys) {
	c := m.c
	local := unscaled(c.RoPE)
	local.Base = k.base("rope.freq_base_swa", 10000)
	localDim := k.size("attention.key_length_swa", c.HeadDim, maxWidth)
	local.Dims = k.size("rope.dimension_count_swa", localDim, maxWidth)
	if v := k.size("attention.value_length_swa", localDim, maxWidth); v != localDim || local.Dims%2 != 0 || local.Dims > localDim {
		k.fail("in layers with a window keys have %d values, of which %d rotate, and values %d", localDim, local.Dims, v)
	}
	own := c.NumLayers - int(k.number("attention.shared_kv_layers", 0))
	last := map[bool]int{} // layer with keys and values of its own, 1 more, by whether it has a window
	kinds := map[[4]int]*decoder{}
	kvHeads, ffn := k.layers("attention.head_count_kv", c.NumLayers, c.NumKVHeads), k.layers("feed_forward_length", c.NumLayers, c.FFNSize)
	for i := range m.Blocks {
		block, headDim, window := &m.Blocks[i], c.HeadDim, c.Layers[i].Window > 0
		if window {
			c.Layers[i].RoPE, headDim = local, localDim
		}
		if kvHeads[i] < 1 || c.NumHeads%kvHeads[i] != 0 || ffn[i] < 1 {
			k.fail("layer %d has %d key and value heads for %d heads, and a feed-forward network of %d values", i, kvHeads[i], c.NumHeads, ffn[i])
			return
		}
		if i < own {
			last[window] = i + 1
			block.Keys = &gemma4Keys{VNorm: nn.PlainRMSNorm(headDim, c.NormEps)}
			if _, ok := k.f.Tensor(fmt.Sprintf("blk.%d.attn_v.weight", i)); ok {
				block.Keys.V = new(gemma4Values)
			}
		}
		block.source = last[window] - 1
		if block.source < 0 || kvHeads[i] != kvHeads[block.source] {
			k.fail("layer %d has no earlier layer with keys and values that it could read", i)
			return
		}
		kind := [4]int{headDim, kvHeads[i], ffn[i], min(1, i/max(1, own))}
		if kinds[kind] == nil {
			sizes := c.resized(headDim, kvHeads[i], ffn[i])
			d := newDecoder(sizes)
			if i >= own {
				sizes.kvHeads = shard.Range{} // none of its own
			}
			kinds[kind] = &d
		}
		block.decoder, c.Layers[i].Sizes = kinds[kind], kinds[kind].c
	}
}

// Forward runs a batch. x [tokens, hidden] is the residual stream, h what a block
// adds to it.
func (m *gemma4) Forward(b *Batch) {
	m.positions(m.c, b)
	x, h := m.begin(b)
	inputs := m.inputs(b, x)
	for i := range m.Blocks {
		block := &m.Blocks[i]
		d := block.decoder
		block.AttnNorm.Forward(h, x)
		qkv := block.project(b, h)
		m.rotate(d, b, i, qkv)
		if block.Keys != nil {
			block.attend(b, d, i, qkv, h)
		} else {
			block.attendTo(b, d, i, b.Cache.Layer(block.source), qkv, nil, h)
		}
		x, h = m.addNormed(b, i, x, h, &block.AttnPostNorm)

		block.FFNNorm.Forward(h, x)
		block.feedForward(b.Context, d.c, h)
		block.FFNPostNorm.Forward(h, h)
		m.addMore(b, i, x, h)
		if block.Input != nil && len(x) > 0 {
			block.Input.take(b, m.c, i, x, h, inputs)
			m.addMore(b, i, x, h)
		}
		if block.OutputScale.Values != nil {
			m.scale(b, i, x, block.OutputScale.Values[0])
		}
		m.endLayer(b, i, x)
	}
	m.finish(b, x, &m.Norm)
}

// inputs returns what the layers take from the tokens, whose embeddings are x.
func (m *gemma4) inputs(b *Batch, x []float32) []float32 {
	if m.Inputs == nil {
		return nil
	}
	n, width := len(b.IDs), m.c.ArchSizes["layer input"]
	in, proj := b.Context.Floats(nn.BufferLayers, n*width*m.c.NumLayers), b.Context.Floats(nn.BufferProj, n*width*m.c.NumLayers)
	m.Inputs.Table.Forward(b.Context, in, b.IDs)
	kernel.Scale(in, float32(math.Sqrt(float64(width))))
	b.Context.Input(x, n)
	m.Inputs.Proj.Forward(b.Context, proj)
	kernel.Scale(proj, float32(1/math.Sqrt(float64(m.c.HiddenSize))))
	m.Inputs.Norm.Forward(proj, proj)
	kernel.Add(in, proj)
	kernel.Scale(in, float32(1/math.Sqrt2))
	return in
}

// take writes to h what a layer takes from the tokens, of which x has the last.
func (g *gemma4Input) take(b *Batch, c *Config, layer int, x, h, inputs []float32) {
	rows, width := len(x)/c.HiddenSize, g.Gate.Rows()
	b.Context.Input(x, rows)
	gate := b.Context.Floats(nn.BufferProj, rows*width)
	g.Gate.Forward(b.Context, gate)
	nn.GELU(gate)
	for r := range rows {
		t := len(b.IDs) - rows + r
		kernel.Mul(gate[r*width:(r+1)*width], inputs[(t*c.NumLayers+layer)*width:][:width])
	}
	b.Context.Input(gate, rows)
	g.Proj.Forward(b.Context, h)
	g.Norm.Forward(h, h)
}

// project is that of selfAttention, with the norms of queries, keys and values; of a
// layer without keys it returns the queries alone.
func (g *gemma4Block) project(b *Batch, h []float32) []float32 {
	n, d := len(b.IDs), g.decoder
	b.Context.Input(h, n)
	q := b.Context.Floats(nn.BufferBranch, n*g.Q.Rows())
	g.Q.Forward(b.Context, q)
	g.QNorm.Forward(q, q)
	if g.Keys == nil {
		return q
	}
	width := g.Keys.K.Rows()
	k := b.Context.Floats(nn.BufferMixed, n*width)
	g.Keys.K.Forward(b.Context, k)
	v := b.Context.Floats(nn.BufferExpert, n*width)
	if g.Keys.V != nil {
		g.Keys.V.V.Forward(b.Context, v)
	} else {
		copy(v, k)
	}
	g.Keys.KNorm.Forward(k, k)
	g.Keys.VNorm.Forward(v, v)
	qkv := b.Context.Floats(nn.BufferProj, len(q)+len(k)+len(v))
	for t := range n {
		ownQ, ownK, ownV := d.heads(qkv, t)
		copy(ownQ, q[t*len(ownQ):])
		copy(ownK, k[t*width:])
		copy(ownV, v[t*width:])
	}
	return qkv
}

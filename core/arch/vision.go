// SigLIP encoder of pictures with the projector of Idefics 3 and SmolVLM: patches of a
// picture become vectors, see each other in the layers of a transformer with LayerNorm before
// its halves, and neighbours in a square are joined and projected to the width of the words.
// Papers: SigLIP, arXiv:2303.15343; ViT, arXiv:2010.11929, §3.1; Idefics 3, arXiv:2408.12637, §2.2.
// Format: the mmproj files of llama.cpp, tools/mtmd (clip-impl.h has their keys and names).
// Reference: transformers models/idefics3/modeling_idefics3.py.

package arch

import (
	"fmt"

	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// visionArchitecture is general.architecture of files with an encoder of pictures.
const visionArchitecture = "clip"

// Limits on what a file may ask for: a picture's side and its patches.
const (
	maxPicture = 1 << 12
	maxPatches = 1 << 14
)

// Vision turns a picture into rows that stand in a text like the embeddings of words.
type Vision struct {
	Size      int        // width and height of the pictures that it reads, in pixels
	Mean, Std [3]float32 // of the colours, from 0 to 1, by which pictures are normalised
	Tokens    int        // rows that it makes of a picture

	c         *Config
	decoder   decoder     // for its heads; it has no tensors
	side      int         // of a patch, in pixels
	merge     int         // of a square of patches that becomes a row, in patches
	Tower     visionTower `gguf:"v"`
	Projector nn.Linear   `gguf:"mm.model.fc" dim:"words,merged"`
}

type visionTower struct {
	Patches   nn.Vector     `gguf:"patch_embd" dim:"hidden,colours,patch,patch"`
	Bias      nn.Vector     `gguf:"patch_embd.bias,bare" dim:"hidden"`
	Positions nn.Vector     `gguf:"position_embd" dim:"context,hidden"`
	Blocks    []visionBlock `gguf:"blk"`
	Norm      nn.LayerNorm  `gguf:"post_ln" dim:"hidden"`
}

type visionBlock struct {
	Norm1 nn.LayerNorm `gguf:"ln1" dim:"hidden"`
	QKV   nn.Linear    `gguf:"attn_q+attn_k+attn_v" dim:"q+kv+kv,hidden"`
	visionOutput
	Norm2    nn.LayerNorm `gguf:"ln2" dim:"hidden"`
	Network  *plainFFN
	Reversed *reversedFFN // files of old have the names the other way round
}

// visionOutput is headsOutput by the name that these files have for it.
type visionOutput struct {
	AttnOut nn.Halved `gguf:"attn_out,whole" dim:"hidden,q"`
}

type reversedFFN struct {
	Up   nn.Linear `gguf:"ffn_down" dim:"ffn,hidden"`
	Down nn.Halved `gguf:"ffn_up" dim:"hidden,ffn"`
}

// NewVision returns the encoder that a file describes, for words of some width, and the
// binder that loads its weights. What it can't run is an *errs.UnsupportedError, a
// contradiction in the file an *errs.FormatError.
func NewVision(f *gguf.File, words int) (*Vision, *nn.Binder, error) {
	v, err := newVision(f, words)
	if err != nil {
		return nil, nil, fmt.Errorf("arch: %w", err)
	}
	dims := v.c.dims()
	for name, size := range map[string]int{"colours": 3, "patch": v.side, "words": words, "merged": v.merge * v.merge * v.c.HiddenSize} {
		dims.Sizes[name] = size
	}
	b, err := nn.Bind(v, f, dims, v.c.NormEps)
	if err != nil {
		return nil, nil, fmt.Errorf("arch: %s: %w", visionArchitecture, err)
	}
	return v, b, nil
}

func newVision(f *gguf.File, words int) (*Vision, error) {
	if name, _ := f.String("general.architecture"); name != visionArchitecture {
		return nil, &errs.UnsupportedError{What: fmt.Sprintf("architecture %q for pictures (supported is %s)", name, visionArchitecture)}
	}
	if kind, _ := f.String("clip.projector_type"); kind != "idefics3" {
		return nil, &errs.UnsupportedError{What: fmt.Sprintf("projector %q for pictures (supported is idefics3)", kind)}
	}
	k := &keys{f: f, prefix: "clip.vision."}
	v := &Vision{Size: k.size("image_size", 0, maxPicture), side: k.size("patch_size", 0, maxPicture), merge: k.size("projector.scale_factor", 0, maxPicture)}
	c := &Config{Architecture: visionArchitecture, HiddenSize: k.size("embedding_length", 0, maxWidth), NumLayers: k.size("block_count", 0, maxLayers),
		NumHeads: k.size("attention.head_count", 0, maxHeads), FFNSize: k.size("feed_forward_length", 0, maxWidth),
		NormEps: float32(k.number("attention.layer_norm_epsilon", 1e-6))}
	if k.err != nil {
		return nil, k.err
	}
	n := v.Size / v.side
	if v.Size%v.side != 0 || n%v.merge != 0 || n*n > maxPatches || c.HiddenSize%c.NumHeads != 0 {
		k.fail("pictures of %d pixels in patches of %d, %d of them to a row, and %d values of %d heads", v.Size, v.side, v.merge, c.HiddenSize, c.NumHeads)
	}
	if width := k.size("projection_dim", words, maxWidth); width != words {
		k.fail("rows of %d values for words of %d", width, words)
	}
	for i, name := range []string{"image_mean", "image_std"} {
		values, ok := f.Floats("clip.vision." + name)
		if !ok || len(values) != 3 || i == 1 && !(values[0] > 0 && values[1] > 0 && values[2] > 0) {
			k.fail("%s is missing, or not three numbers that are possible", name)
			break
		}
		for colour, x := range values {
			[]*[3]float32{&v.Mean, &v.Std}[i][colour] = float32(x)
		}
	}
	if k.err != nil {
		return nil, k.err
	}
	c.ContextLength, c.NumKVHeads, c.HeadDim, c.Layers = n*n, c.NumHeads, c.HiddenSize/c.NumHeads, make([]LayerConfig, c.NumLayers)
	c.lookAhead()
	c.divide(shard.Solo)
	v.c, v.decoder, v.Tokens = c, newDecoder(c), n*n/(v.merge*v.merge)
	v.Tower.Blocks = make([]visionBlock, c.NumLayers)
	for i := range v.Tower.Blocks {
		up, ok := f.Tensor(fmt.Sprintf("v.blk.%d.ffn_up.weight", i))
		if ok && up.Cols() == c.FFNSize && up.Rows() == c.HiddenSize && c.FFNSize != c.HiddenSize {
			v.Tower.Blocks[i].Reversed = new(reversedFFN)
		} else {
			v.Tower.Blocks[i].Network = new(plainFFN)
		}
	}
	return v, nil
}

// ActivationBytes returns what a picture takes while it is read, in bytes: the stream, its norm,
// queries, keys and values, these again in the cache, hidden values, and the inputs of products.
func (v *Vision) ActivationBytes(b *nn.Binder) int64 {
	c, n := v.c, v.c.ContextLength
	wide := max(c.HiddenSize, c.FFNSize)
	return 4*int64(n)*int64(7*c.HiddenSize+wide) + b.ActivationBytes(n, wide) + attention.WorkspaceBytes(n, 1, c.HeadDim)
}

// Forward writes the rows [Tokens, words] of a picture to dst. pixels [3, Size, Size] are
// its colours, one after the other, normalised.
func (v *Vision) Forward(ctx *nn.Context, dst, pixels []float32) {
	c, n := v.c, v.c.ContextLength
	x, h := ctx.Floats(nn.BufferResidual, n*c.HiddenSize), ctx.Floats(nn.BufferNorm, n*c.HiddenSize)
	v.patches(x, pixels)
	kernel.Add(x, v.Tower.Positions.Values)
	// A layer's keys and values are of no use to the next one, which takes their place: all are layer 0.
	b := &Batch{IDs: make([]int32, n), Context: ctx, Cache: kvcache.New(kvcache.F32, kvcache.Uniform(1, kvcache.Shape{KVHeads: c.NumKVHeads, HeadDim: c.HeadDim}), n)}
	for i := range v.Tower.Blocks {
		block := &v.Tower.Blocks[i]
		block.Norm1.Forward(h, x)
		ctx.Input(h, n)
		qkv := ctx.Floats(nn.BufferProj, n*block.QKV.Rows())
		block.QKV.Forward(ctx, qkv)
		(*headsOutput)(&block.visionOutput).attend(b, &v.decoder, 0, qkv, h)
		kernel.Add(x, h)
		block.Norm2.Forward(h, x)
		network := block.Network
		if network == nil {
			network = (*plainFFN)(block.Reversed)
		}
		network.forward(ctx, c, h, nn.GELU)
		kernel.Add(x, h)
	}
	v.Tower.Norm.Forward(x, x)
	ctx.Input(v.merged(ctx, x), v.Tokens)
	v.Projector.Forward(ctx, dst)
}

// patches writes to x [patches, hidden] what the kernel of the first layer makes of each patch,
// row by row of the picture.
func (v *Vision) patches(x, pixels []float32) {
	c, side := v.c, v.side
	row := make([]float32, 3*side*side)
	for p := range c.ContextLength {
		n := v.Size / side
		for colour := range 3 {
			for y := range side {
				at := (colour*v.Size+p/n*side+y)*v.Size + p%n*side
				copy(row[(colour*side+y)*side:][:side], pixels[at:])
			}
		}
		for i := range c.HiddenSize {
			x[p*c.HiddenSize+i] = kernel.Dot(v.Tower.Patches.Values[i*len(row):][:len(row)], row) + v.Tower.Bias.Values[i]
		}
	}
}

// merged returns squares of patches x as rows: the patches of each, row by row, behind each other.
func (v *Vision) merged(ctx *nn.Context, x []float32) []float32 {
	width, n, rows := v.c.HiddenSize, v.Size/v.side, v.Size/v.side/v.merge
	out := ctx.Floats(nn.BufferMixed, len(x))
	at := 0
	for square := range rows * rows {
		for y := range v.merge {
			from := ((square/rows*v.merge+y)*n + square%rows*v.merge) * width
			at += copy(out[at:], x[from:from+v.merge*width])
		}
	}
	return out
}

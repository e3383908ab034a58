package coretest

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// Sizes of the small encoder of pictures; those of core/arch/testdata/vision.py.
const (
	VisionSide                                                                   = 24
	visionHidden, visionHeads, visionFFN, visionBlocks, visionPatch, visionMerge = 64, 4, 96, 2, 4, 2
)

// Vision is a small encoder of pictures with the weights of core/arch/testdata/vision.py.
type Vision struct {
	Keys   map[string]any
	Pixels []float32 // of a picture, [3, VisionSide, VisionSide], normalised
	shapes map[string][]int64
	values map[string][]float32
}

// NewVision returns an encoder for words of some width. With reversed names its networks are
// named as in files of old.
func NewVision(words int, reversed bool) *Vision {
	state := uint64(1)
	random := func(count int, scale, offset float32) []float32 {
		out := make([]float32, count)
		for i := range out {
			state = state*6364136223846793005 + 1442695040888963407
			out[i] = float32((float64(state>>40)/(1<<23) - 1)) * scale
			out[i] += offset
		}
		return out
	}
	v := &Vision{shapes: map[string][]int64{}, values: map[string][]float32{}, Keys: map[string]any{
		"general.architecture": "clip", "clip.projector_type": "idefics3", "clip.has_vision_encoder": true, "clip.use_gelu": true,
		"clip.vision.image_size": uint32(VisionSide), "clip.vision.patch_size": uint32(visionPatch), "clip.vision.projector.scale_factor": uint32(visionMerge),
		"clip.vision.embedding_length": uint32(visionHidden), "clip.vision.block_count": uint32(visionBlocks), "clip.vision.attention.head_count": uint32(visionHeads),
		"clip.vision.feed_forward_length": uint32(visionFFN), "clip.vision.attention.layer_norm_epsilon": float32(1e-6), "clip.vision.projection_dim": uint32(words),
		"clip.vision.image_mean": []float32{0.5, 0.5, 0.5}, "clip.vision.image_std": []float32{0.5, 0.5, 0.5},
	}}
	tensor := func(name string, scale, offset float32, shape ...int64) { // outermost first
		count := 1
		for i := range shape {
			count *= int(shape[i])
			v.shapes[name] = append([]int64{shape[i]}, v.shapes[name]...)
		}
		v.values[name] = random(count, scale, offset)
	}
	both := func(name string, rows, cols int64) {
		tensor(name+".weight", 0.2, 0, rows, cols)
		tensor(name+".bias", 0.2, 0, rows)
	}
	norm := func(name string) {
		tensor(name+".weight", 0.2, 1, visionHidden)
		tensor(name+".bias", 0.2, 0, visionHidden)
	}
	v.Pixels = random(3*VisionSide*VisionSide, 1, 0)
	tensor("v.patch_embd.weight", 0.2, 0, visionHidden, 3, visionPatch, visionPatch)
	tensor("v.patch_embd.bias", 0.2, 0, visionHidden)
	tensor("v.position_embd.weight", 0.5, 0, VisionSide*VisionSide/visionPatch/visionPatch, visionHidden)
	up, down := "ffn_up", "ffn_down"
	if reversed {
		up, down = down, up
	}
	for _, block := range []string{"v.blk.0.", "v.blk.1."} {
		norm(block + "ln1")
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_out"} {
			both(block+name, visionHidden, visionHidden)
		}
		norm(block + "ln2")
		both(block+up, visionFFN, visionHidden)
		both(block+down, visionHidden, visionFFN)
	}
	norm("v.post_ln")
	tensor("mm.model.fc.weight", 0.1, 0, int64(words), visionHidden*visionMerge*visionMerge)
	return v
}

// Drop takes a tensor out.
func (v *Vision) Drop(name string) { delete(v.values, name) }

// Bytes returns the encoder as a file, with matrices of a type.
func (v *Vision) Bytes(t testing.TB, matrices quant.Type) []byte {
	t.Helper()
	w := gguf.NewWriter()
	for key, value := range v.Keys {
		w.Set(key, value)
	}
	for name, values := range v.values {
		typ := quant.F32
		if len(v.shapes[name]) == 2 && name != "v.position_embd.weight" {
			typ = matrices
		}
		w.AddTensor(name, v.shapes[name], typ, func(out io.Writer) error {
			raw := make([]byte, 4*len(values))
			if typ.Name == quant.F32.Name {
				for i, x := range values {
					binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(x))
				}
			} else {
				size, _ := typ.RowBytes(len(values))
				raw = raw[:size]
				typ.Quantize(raw, values)
			}
			_, err := out.Write(raw)
			return err
		})
	}
	var out bytes.Buffer
	_, err := w.WriteTo(&out)
	require.NoError(t, err)
	return out.Bytes()
}

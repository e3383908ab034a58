package arch_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/quant"
)

const visionWords = 64

// seen returns the rows that an encoder makes of its picture.
func seen(t *testing.T, v *coretest.Vision, matrices quant.Type) []float32 {
	t.Helper()
	vision, binder, err := arch.NewVision(read(t, v.Bytes(t, matrices)), visionWords)
	require.NoError(t, err)
	require.NoError(t, binder.Load(context.Background(), nil))
	require.Equal(t, 9, vision.Tokens)
	rows := make([]float32, vision.Tokens*visionWords)
	ctx := &nn.Context{}
	vision.Forward(ctx, rows, v.Pixels)
	cache := int64(2 * 4 * 36 * 64) // keys and values of a layer
	assert.InEpsilon(t, vision.ActivationBytes(binder), ctx.Bytes()+cache, 0.3)
	return rows
}

// TestVision compares with PyTorch (testdata/vision.py), also with networks named as in
// files of old, and with matrices of 8 bits.
func TestVision(t *testing.T) {
	data, err := os.ReadFile("testdata/vision.json")
	require.NoError(t, err)
	var want struct {
		Pixels []float32
		Rows   [][]float32
	}
	require.NoError(t, json.Unmarshal(data, &want))
	v := coretest.NewVision(visionWords, false)
	require.InDeltaSlice(t, want.Pixels, v.Pixels[:len(want.Pixels)], 1e-6, "the weights are those of the table")
	for _, c := range []struct {
		reversed bool
		matrices quant.Type
		within   float64
	}{{false, quant.F32, 3e-5}, {true, quant.F32, 3e-5}, {false, quant.Q8_0, 0.05}} {
		rows := seen(t, coretest.NewVision(visionWords, c.reversed), c.matrices)
		for i, row := range want.Rows {
			assert.InDeltaSlice(t, row, rows[i*visionWords:][:visionWords], c.within, "row %d, %+v", i, c.reversed)
		}
	}
}

// TestVisionRefused: what a file says and can't be, or isn't known, is an error.
func TestVisionRefused(t *testing.T) {
	for name, change := range map[string]func(v *coretest.Vision){
		"not a number of patches":         func(v *coretest.Vision) { v.Keys["clip.vision.patch_size"] = uint32(5) },
		"squares that don't fit":          func(v *coretest.Vision) { v.Keys["clip.vision.projector.scale_factor"] = uint32(4) },
		"no patch":                        func(v *coretest.Vision) { v.Keys["clip.vision.patch_size"] = uint32(0) },
		"a huge picture":                  func(v *coretest.Vision) { v.Keys["clip.vision.image_size"] = uint32(1 << 31) },
		"heads that don't divide":         func(v *coretest.Vision) { v.Keys["clip.vision.attention.head_count"] = uint32(5) },
		"words of another width":          func(v *coretest.Vision) { v.Keys["clip.vision.projection_dim"] = uint32(32) },
		"no mean":                         func(v *coretest.Vision) { delete(v.Keys, "clip.vision.image_mean") },
		"a deviation of 0":                func(v *coretest.Vision) { v.Keys["clip.vision.image_std"] = []float32{0.5, 0, 0.5} },
		"a deviation that is no number":   func(v *coretest.Vision) { v.Keys["clip.vision.image_std"] = []float32{0.5, float32(math.NaN()), 0.5} },
		"a tensor that is missing":        func(v *coretest.Vision) { v.Drop("v.blk.1.attn_k.weight") },
		"positions that are missing":      func(v *coretest.Vision) { v.Drop("v.position_embd.weight") },
		"more positions than the picture": func(v *coretest.Vision) { v.Keys["clip.vision.image_size"] = uint32(16) },
	} {
		v := coretest.NewVision(visionWords, false)
		change(v)
		_, _, err := arch.NewVision(read(t, v.Bytes(t, quant.F32)), visionWords)
		var format *errs.FormatError
		assert.ErrorAs(t, err, &format, name)
	}
	for key, value := range map[string]string{"general.architecture": "llama", "clip.projector_type": "gemma3"} {
		v := coretest.NewVision(visionWords, false)
		v.Keys[key] = value
		_, _, err := arch.NewVision(read(t, v.Bytes(t, quant.F32)), visionWords)
		var unsupported *errs.UnsupportedError
		assert.ErrorAs(t, err, &unsupported, key)
	}
}

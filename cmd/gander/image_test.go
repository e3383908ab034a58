package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// visionFile is a small encoder of pictures with random weights, for words of 64 numbers.
func visionFile(t *testing.T) []byte {
	t.Helper()
	r, w := rand.New(rand.NewPCG(1, 2)), gguf.NewWriter()
	for key, value := range map[string]any{
		"general.architecture": "clip", "clip.projector_type": "idefics3", "clip.vision.image_size": uint32(24), "clip.vision.patch_size": uint32(4),
		"clip.vision.projector.scale_factor": uint32(2), "clip.vision.embedding_length": uint32(32), "clip.vision.block_count": uint32(1),
		"clip.vision.attention.head_count": uint32(2), "clip.vision.feed_forward_length": uint32(64),
		"clip.vision.image_mean": []float32{.5, .5, .5}, "clip.vision.image_std": []float32{.5, .5, .5},
	} {
		w.Set(key, value)
	}
	shapes := map[string][]int64{ // innermost first
		"v.patch_embd.weight": {4, 4, 3, 32}, "v.patch_embd.bias": {32}, "v.position_embd.weight": {32, 36}, "v.post_ln.weight": {32},
		"v.blk.0.ln1.weight": {32}, "v.blk.0.attn_q.weight": {32, 32}, "v.blk.0.attn_k.weight": {32, 32}, "v.blk.0.attn_v.weight": {32, 32},
		"v.blk.0.attn_out.weight": {32, 32}, "v.blk.0.ln2.weight": {32}, "v.blk.0.ffn_up.weight": {32, 64}, "v.blk.0.ffn_down.weight": {64, 32},
		"mm.model.fc.weight": {128, 64},
	}
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		shape := shapes[name]
		count := int64(1)
		for _, n := range shape {
			count *= n
		}
		w.AddTensor(name, shape, quant.F32, func(out io.Writer) error {
			for range count {
				if err := binary.Write(out, binary.LittleEndian, float32(r.NormFloat64())); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(t, err)
	return b.Bytes()
}

// TestRunImages: pictures change what is written, in whatever file they come, and the places for
// them may be in the prompt.
func TestRunImages(t *testing.T) {
	model := filepath.Join(shared(t, "golden"), "llama_untied", "model.gguf")
	folder := t.TempDir()
	vision := filepath.Join(folder, "mmproj.gguf")
	require.NoError(t, os.WriteFile(vision, visionFile(t), 0o644))
	paint := func(name string, seed int) string {
		img := image.NewNRGBA(image.Rect(0, 0, 40, 30))
		for y := range 30 {
			for x := range 40 {
				img.SetNRGBA(x, y, color.NRGBA{R: uint8(x * seed), G: uint8(y * seed), B: uint8(x * y), A: 255})
			}
		}
		f, err := os.Create(filepath.Join(folder, name))
		require.NoError(t, err)
		defer f.Close()
		if filepath.Ext(name) == ".png" {
			require.NoError(t, png.Encode(f, img))
		} else {
			require.NoError(t, jpeg.Encode(f, img, nil))
		}
		return f.Name()
	}
	one, two, photo := paint("one.png", 3), paint("two.png", 11), paint("photo.jpg", 3)
	run := func(args ...string) (tokens []int32, prompt int) {
		args = append([]string{"run", "-m", model, "--vision", vision, "--temp", "0", "--ignore-eos", "-n", "12", "--json"}, args...)
		code, stdout, stderr := gander("", args...)
		require.Zero(t, code, stderr)
		var out struct {
			Tokens []int32
			Usage  struct{ PromptTokens int }
		}
		require.NoError(t, json.Unmarshal([]byte(stdout), &out))
		return out.Tokens, out.Usage.PromptTokens
	}
	words, few := run("-p", "see")
	first, many := run("-p", "see", "--image", one)
	other, _ := run("-p", "see", "--image", two)
	placed, _ := run("-p", "<image>see", "--image", one)
	again, _ := run("-p", "see", "--image", one, "--workers", "2")
	both, most := run("-p", "<image>see<image>", "--image", one, "--image", two)
	lossy, _ := run("-p", "see", "--image", photo)
	assert.Greater(t, many, few+9)
	assert.Greater(t, most, many+9)
	assert.NotEqual(t, words, first)
	assert.NotEqual(t, first, other)
	assert.Equal(t, first, placed)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, both)
	assert.Len(t, lossy, 12)

	weights := attentionOf(t, "-m", model, "--vision", vision, "--image", one, "-p", "see")
	assert.Len(t, weights.Weights[0][0], many)

	text := filepath.Join(folder, "none.png")
	require.NoError(t, os.WriteFile(text, []byte("no picture"), 0o644))
	for _, c := range []struct {
		code int
		args []string
	}{
		{2, []string{"--image", one}},
		{1, []string{"--vision", vision, "--image", text}},
		{1, []string{"--vision", vision, "--image", filepath.Join(folder, "nowhere.png")}},
		{1, []string{"--vision", model, "--image", one}},
		{1, []string{"--vision", text, "--image", one}},
		{2, []string{"--vision", vision, "--image", one, "-p", "<image><image>"}},
	} {
		code, _, stderr := gander("", append([]string{"run", "-m", model, "-p", "see"}, c.args...)...)
		assert.Equal(t, c.code, code, "%v: %s", c.args, stderr)
		assert.NotEmpty(t, stderr)
	}
}

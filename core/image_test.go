package core

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestImageSquare compares with Pillow (testdata/image.py), whose sums are of integers.
func TestImageSquare(t *testing.T) {
	data, err := os.ReadFile("testdata/image.json")
	require.NoError(t, err)
	var cases []struct {
		Width, Height, Size int
		Want                []int
	}
	require.NoError(t, json.Unmarshal(data, &cases))
	for _, c := range cases {
		img := Image{Width: c.Width, Height: c.Height}
		for i := range c.Width * c.Height {
			for colour := range 3 {
				img.Pixels = append(img.Pixels, byte(31*i*i+7*i+colour*89))
			}
			img.Pixels = append(img.Pixels, 255)
		}
		got := img.square(c.Size)
		require.Len(t, got, len(c.Want))
		for i, want := range c.Want {
			assert.InDelta(t, want, int(got[i]), 1, "%d × %d to %d, byte %d", c.Width, c.Height, c.Size, i)
		}
	}
}

// TestImageTransparent: what is behind a picture is white, whatever colour it hides.
func TestImageTransparent(t *testing.T) {
	got := Image{Width: 3, Height: 1, Pixels: []byte{10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 255, 128}}.square(3)
	assert.Equal(t, []byte{10, 20, 30, 255, 255, 255, 127, 127, 255}, got[:9])
}

func TestNormalised(t *testing.T) {
	got := normalised([]byte{0, 255, 51, 255, 0, 102}, [3]float32{0.5, 0.25, 0}, [3]float32{0.5, 0.75, 2})
	assert.InDeltaSlice(t, []float32{-1, 1, 1, -1. / 3, 0.1, 0.2}, got, 1e-6)
}

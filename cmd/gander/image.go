package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif" // the formats that image.Decode knows
	_ "image/jpeg"
	_ "image/png"
	"os"
	"strings"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
)

// imageFlags are the flags of commands whose prompt can have pictures.
type imageFlags struct {
	vision string
	images texts
}

func (v *imageFlags) add(f *flag.FlagSet) {
	f.StringVar(&v.vision, "vision", "", "the `FILE` with the model's encoder of pictures, mmproj-….gguf")
	f.Var(&v.images, "image", "a picture, a PNG, JPEG or GIF `FILE`, for an <image> in the prompt, or before it; may be given several times")
}

// tokenizer returns what makes tokens of a prompt that is text.
func (v *imageFlags) tokenizer(ctx context.Context, m *core.Model) (func(text string) ([]int32, error), error) {
	switch {
	case v.vision == "" && len(v.images) > 0:
		return nil, usagef("--image needs --vision FILE")
	case v.vision == "":
		return m.TokenizePrompt, nil
	}
	files, err := (&modelFlags{}).files(v.vision)
	if err != nil {
		return nil, err
	}
	defer files.close()
	if err := m.OpenVision(ctx, files.source); err != nil {
		return nil, err
	}
	ids := make([][]int32, len(v.images))
	for i, name := range v.images {
		img, err := readImage(name)
		if err != nil {
			return nil, err
		}
		if ids[i], err = m.AddImage(ctx, img); err != nil {
			return nil, err
		}
	}
	return func(text string) ([]int32, error) {
		if !strings.Contains(text, "<image>") {
			text = strings.Repeat("<image>", len(ids)) + text
		}
		return m.TokenizeImages(text, ids...)
	}, nil
}

// readImage decodes a picture.
func readImage(name string) (core.Image, error) {
	f, err := os.Open(name)
	if err != nil {
		return core.Image{}, err
	}
	defer f.Close()
	size, _, err := image.DecodeConfig(f)
	if err == nil && (size.Width > core.MaxImage || size.Height > core.MaxImage) {
		return core.Image{}, &errs.UnsupportedError{What: fmt.Sprintf("%s: a picture of %d × %d pixels", name, size.Width, size.Height)}
	}
	if err == nil {
		_, err = f.Seek(0, 0)
	}
	var img image.Image
	if err == nil {
		img, _, err = image.Decode(f)
	}
	if err != nil {
		return core.Image{}, fmt.Errorf("%s: %w", name, err)
	}
	pixels := image.NewNRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(pixels, pixels.Bounds(), img, img.Bounds().Min, draw.Src)
	return core.Image{Width: pixels.Rect.Dx(), Height: pixels.Rect.Dy(), Pixels: pixels.Pix}, nil
}

package core

import (
	"fmt"
	"math"

	"github.com/gander-lm/gander/core/errs"
)

// Image is a picture: rows of pixels from the top, each red, green, blue and alpha, which
// they are not multiplied by (canvas ImageData, image.NRGBA).
type Image struct {
	Width, Height int
	Pixels        []byte // [Height, Width, 4]
}

// MaxImage bounds the sides of a picture, in pixels.
const MaxImage = 1 << 15

func (img Image) check() error {
	if img.Width < 1 || img.Height < 1 || img.Width > MaxImage || img.Height > MaxImage || len(img.Pixels) != 4*img.Width*img.Height {
		return &errs.OptionError{Option: "image", What: fmt.Sprintf("is %d × %d with %d bytes; there must be 1 to %d pixels a side, and four bytes a pixel", img.Width, img.Height, len(img.Pixels), MaxImage)}
	}
	return nil
}

// square returns the colours of a picture [size, size, 3] that it is stretched to, on white where
// it is transparent. Each side is filtered by itself, with three lobes of a sinc that is as
// much wider as the picture is larger, and rounded to bytes in between, as Pillow's LANCZOS,
// with which models for pictures are trained.
func (img Image) square(size int) []byte {
	opaque := make([]byte, 3*img.Width*img.Height)
	for i := range img.Width * img.Height {
		alpha := int(img.Pixels[4*i+3])
		for colour := range 3 {
			opaque[3*i+colour] = byte((int(img.Pixels[4*i+colour])*alpha + 255*(255-alpha) + 127) / 255)
		}
	}
	narrow := make([]byte, 3*size*img.Height)
	for i, f := range lanczos(img.Width, size) {
		for y := range img.Height {
			f.sum(narrow[3*(y*size+i):], opaque[3*y*img.Width:], 3)
		}
	}
	out := make([]byte, 3*size*size)
	for i, f := range lanczos(img.Height, size) {
		for x := range size {
			f.sum(out[3*(i*size+x):], narrow[3*x:], 3*size)
		}
	}
	return out
}

// filter is what a pixel of a side is made of.
type filter struct {
	from    int
	weights []float64 // of the pixels from that one on; they sum to 1
}

// sum writes to dst [3] the colours of a pixel; stride is from one pixel of the side to the next.
func (f filter) sum(dst, side []byte, stride int) {
	for colour := range 3 {
		sum := 0.5
		for k, w := range f.weights {
			sum += w * float64(side[(f.from+k)*stride+colour])
		}
		dst[colour] = byte(min(max(sum, 0), 255))
	}
}

// lanczos returns the filters that make `to` pixels of `from`.
func lanczos(from, to int) []filter {
	const lobes = 3
	sinc := func(x float64) float64 {
		if x == 0 {
			return 1
		}
		return math.Sin(math.Pi*x) / (math.Pi * x)
	}
	scale := float64(from) / float64(to)
	wide := max(scale, 1) // a smaller picture is not blurred
	filters := make([]filter, to)
	for i := range filters {
		centre := (float64(i) + 0.5) * scale
		first := max(int(centre-lobes*wide+0.5), 0)
		end := min(int(centre+lobes*wide+0.5), from)
		f := filter{from: first, weights: make([]float64, end-first)}
		sum := 0.0
		for k := range f.weights {
			if x := (float64(first+k) - centre + 0.5) / wide; math.Abs(x) < lobes {
				f.weights[k] = sinc(x) * sinc(x/lobes)
			}
			sum += f.weights[k]
		}
		for k := range f.weights {
			f.weights[k] /= sum
		}
		filters[i] = f
	}
	return filters
}

// normalised returns colours [size, size, 3] as [3, size, size], less the mean and over the deviation.
func normalised(colours []byte, mean, std [3]float32) []float32 {
	n := len(colours) / 3
	out := make([]float32, 3*n)
	for i := range n {
		for colour := range 3 {
			out[colour*n+i] = (float32(colours[3*i+colour])/255 - mean[colour]) / std[colour]
		}
	}
	return out
}

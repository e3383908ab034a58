package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRoPENeoXEqualsGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, headDim := range []int{2, 4, 6, 8, 20, 64, 128} {
		for rot := 2; rot <= headDim; rot += 2 {
			for heads := 1; heads < 4; heads++ {
				for kind := range 4 {
					x, check := guarded[float32](t, heads*headDim, heads+kind)
					cos, sin := make([]float32, rot/2), make([]float32, rot/2)
					values(r, x, kind)
					values(r, cos, 0)
					values(r, sin, 0)
					want, cos0, sin0 := clone(x), clone(cos), clone(sin)
					ropeNeoXGeneric(want, cos, sin, headDim)
					RoPENeoX(x, cos, sin, headDim)
					sameBits(t, want, x, "headDim=%d rotated=%d heads=%d kind=%d", headDim, rot, heads, kind)
					sameBits(t, cos0, cos, "cos was changed")
					sameBits(t, sin0, sin, "sin was changed")
					check()
				}
			}
		}
	}
}

// TestRoPENeoXIsRoPEReordered: the two forms differ only in which values make a pair.
func TestRoPENeoXIsRoPEReordered(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	const heads, headDim, rot = 3, 20, 16
	x := make([]float32, heads*headDim)
	values(r, x, 0)
	cos, sin := make([]float32, rot/2), make([]float32, rot/2)
	values(r, cos, 0)
	values(r, sin, 0)
	adjacent, cos2, sin2 := clone(x), make([]float32, rot), make([]float32, rot)
	for i := range rot / 2 {
		for h := range heads {
			adjacent[h*headDim+2*i], adjacent[h*headDim+2*i+1] = x[h*headDim+i], x[h*headDim+i+rot/2]
		}
		cos2[2*i], cos2[2*i+1] = cos[i], cos[i]
		sin2[2*i], sin2[2*i+1] = -sin[i], sin[i]
	}
	RoPE(adjacent, cos2, sin2, headDim)
	want := clone(adjacent) // the values beyond rot stay
	for i := range rot / 2 {
		for h := range heads {
			want[h*headDim+i], want[h*headDim+i+rot/2] = adjacent[h*headDim+2*i], adjacent[h*headDim+2*i+1]
		}
	}
	RoPENeoX(x, cos, sin, headDim)
	sameBits(t, want, x, "reordered")
}

func TestRoPENeoXPanics(t *testing.T) {
	for _, c := range []struct {
		name             string
		x, cos, sin, dim int
	}{
		{"cos and sin differ", 8, 4, 3, 8},
		{"more rotates than a head has", 8, 5, 5, 8},
		{"part of a head", 9, 4, 4, 8},
		{"no head", 0, 0, 0, 0},
	} {
		assert.Panics(t, func() {
			RoPENeoX(make([]float32, c.x), make([]float32, c.cos), make([]float32, c.sin), c.dim)
		}, c.name)
	}
	x := []float32{1, 2, float32(math.Pi)}
	RoPENeoX(x, nil, nil, 3) // nothing rotates
	assert.Equal(t, []float32{1, 2, float32(math.Pi)}, x)
}

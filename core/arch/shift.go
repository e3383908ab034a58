package arch

import (
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/kvcache"
)

// shifter is a decoder whose positions can move: it knows them by rotation or not at all.
type shifter interface {
	shift(cache *kvcache.Cache, keep, n int)
}

// CanShift tells whether Shift works with a decoder.
func CanShift(d Decoder) bool {
	_, ok := d.(shifter)
	return ok
}

// Shift forgets the n positions behind the first keep of a cache and moves later ones
// to their place: see kvcache.Cache.Shift. Keys turn back by n positions.
func Shift(d Decoder, cache *kvcache.Cache, keep, n int) { d.(shifter).shift(cache, keep, n) }

func (r *rotary) shift(cache *kvcache.Cache, keep, n int) {
	back := map[*attention.RoPE]*attention.RoPE{nil: nil}
	for _, rope := range r.distinct {
		back[rope] = rope.Back(n)
	}
	cache.Shift(keep, n, func(layer int, key []float32) {
		if rope := back[r.ropes[layer]]; rope != nil {
			rope.Rotate(key, cache.Layer(layer).HeadDim, 0)
		}
	})
}

//go:build !purego

package kernel

import "github.com/viterin/vek/vek32"

// useVek is whether vek has its AVX2 and FMA path on this processor; without it
// vek's plain loop has no advantage over ours.
var useVek = vek32.Info().Acceleration

func dot(x, y []float32) float32 {
	if useVek && len(x) > 0 {
		return vek32.Dot(x, y)
	}
	return dotGeneric(x, y)
}

func matVec(dst, w, x []float32) {
	for r := range dst {
		dst[r] = dot(w[r*len(x):(r+1)*len(x)], x)
	}
}

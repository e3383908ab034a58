//go:build go1.27 && !purego

package kernel

// See scoresGeneric for the reference.
func scores(dst, q, k []float32, scale float32) {
	whole := len(dst) / KeyGroup
	if whole > 0 {
		scoreGroups(dst, q, k, scale, whole)
	}
	if n := whole * KeyGroup; n < len(dst) {
		var last [KeyGroup]float32
		scoreGroups(last[:], q, k[n*len(q):], scale, 1)
		copy(dst[n:], last[:])
	}
}

// scoreGroups is Scores for a positive number of whole groups.
//
//go:noescape
func scoreGroups(dst, q, k []float32, scale float32, groups int)

// See mixGeneric for the reference.
func mix(dst, w, v []float32) {
	if len(w) == 0 || len(dst) == 0 || len(dst)%4 != 0 {
		mixGeneric(dst, w, v)
		return
	}
	mix4(dst, w, v)
}

// mix4 is Mix for a positive multiple of four values and at least one position.
//
//go:noescape
func mix4(dst, w, v []float32)

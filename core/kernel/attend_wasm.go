//go:build go1.27 && !purego

package kernel

// See scoresGeneric for the reference.
func scores(dst []float32, stride int, q, k []float32, headDim, n int) {
	whole := n / KeyGroup
	for len(q) > 0 {
		rows := min(attendRows, len(q)/headDim)
		if whole > 0 {
			scoreTile(rows, dst, q, k, stride, headDim, whole)
		}
		if at := whole * KeyGroup; at < n {
			var last [attendRows * KeyGroup]float32
			scoreTile(rows, last[:], q, k[at*headDim:], KeyGroup, headDim, 1)
			for r := range rows {
				copy(dst[r*stride+at:r*stride+n], last[r*KeyGroup:])
			}
		}
		q = q[rows*headDim:]
		if len(q) > 0 {
			dst = dst[rows*stride:]
		}
	}
}

func scoreTile(rows int, dst, q, k []float32, stride, headDim, groups int) {
	switch rows {
	case 1:
		scores1(dst, q, k, stride, headDim, groups)
	case 2:
		scores2(dst, q, k, stride, headDim, groups)
	default:
		scores3(dst, q, k, stride, headDim, groups)
	}
}

// scores1, scores2 and scores3 are Scores of so many rows with a positive number of whole groups.
//
//go:noescape
func scores1(dst, q, k []float32, stride, headDim, groups int)

//go:noescape
func scores2(dst, q, k []float32, stride, headDim, groups int)

//go:noescape
func scores3(dst, q, k []float32, stride, headDim, groups int)

// See mixGeneric for the reference.
func mix(dst, w []float32, stride int, v []float32, headDim, n int) {
	if headDim%4 != 0 {
		mixGeneric(dst, w, stride, v, headDim, n)
		return
	}
	for len(dst) > 0 {
		rows := min(attendRows, len(dst)/headDim)
		switch rows {
		case 1:
			mix1(dst, w, v, stride, headDim, n)
		case 2:
			mix2(dst, w, v, stride, headDim, n)
		default:
			mix3(dst, w, v, stride, headDim, n)
		}
		dst = dst[rows*headDim:]
		if len(dst) > 0 {
			w = w[rows*stride:]
		}
	}
}

// mix1, mix2 and mix3 are Mix of so many rows of a multiple of four values, with
// at least one position.
//
//go:noescape
func mix1(dst, w, v []float32, stride, headDim, n int)

//go:noescape
func mix2(dst, w, v []float32, stride, headDim, n int)

//go:noescape
func mix3(dst, w, v []float32, stride, headDim, n int)

// See mixInt8Generic for the reference.
func mixInt8(dst, w []float32, stride int, q []int8, scale []float32, headDim, n int) {
	if headDim%16 != 0 {
		mixInt8Generic(dst, w, stride, q, scale, headDim, n)
		return
	}
	for len(dst) > 0 {
		rows := min(attendRows, len(dst)/headDim)
		for at := 0; at < headDim; at += 16 {
			d, q, s := dst[at:], q[at:], scale[at/BlockLen:]
			switch rows {
			case 1:
				mixInt8x1(d, w, q, s, stride, headDim, n)
			case 2:
				mixInt8x2(d, w, q, s, stride, headDim, n)
			default:
				mixInt8x3(d, w, q, s, stride, headDim, n)
			}
		}
		dst = dst[rows*headDim:]
		if len(dst) > 0 {
			w = w[rows*stride:]
		}
	}
}

// mixInt8x1, mixInt8x2 and mixInt8x3 do the first sixteen values of so many rows,
// with at least one position.
//
//go:noescape
func mixInt8x1(dst, w []float32, q []int8, scale []float32, stride, headDim, n int)

//go:noescape
func mixInt8x2(dst, w []float32, q []int8, scale []float32, stride, headDim, n int)

//go:noescape
func mixInt8x3(dst, w []float32, q []int8, scale []float32, stride, headDim, n int)

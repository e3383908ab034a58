package kernel

import (
	"fmt"
	"math"
)

// KeyGroup is how many positions are interleaved in the key cache, so that four
// scores are one vector sum without a step across lanes.
const KeyGroup = 4

// attendRows is how many rows of queries share each load of keys and values:
// 3 rows x 4 vectors of sums, their three factors and the load take all of the 16
// vector registers that the assembler has.
const attendRows = 3

// Scores writes the dot products of queries with the first n keys:
// dst[r][p] = sum over d of q[r][d]*k[p][d], added in the order of d.
//
//	dst [rows, stride] f32, of which n are written
//	q   [rows, headDim] f32
//	k   [positions/4, headDim, 4] f32, position p at [p/4, :, p%4]
//
// It panics if dst is shorter or k than the whole groups of n positions.
// Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, eq. 1.
func Scores(dst []float32, stride int, q, k []float32, headDim, n int) {
	groups := (n + KeyGroup - 1) / KeyGroup
	rows := checkRows("scores", q, headDim, dst, stride, n)
	if len(k) < groups*KeyGroup*headDim {
		panic(fmt.Sprintf("kernel: scores of %d positions of %d values from %d", n, headDim, len(k)))
	}
	if n > 0 && rows > 0 {
		scores(dst, stride, q, k, headDim, n)
	}
}

// checkRows returns the rows of x [rows, headDim] and panics if they are not whole
// or don't fit to y [rows, stride] with n values in a row.
func checkRows(what string, x []float32, headDim int, y []float32, stride, n int) int {
	if headDim <= 0 || len(x)%headDim != 0 || n < 0 || n > stride {
		panic(fmt.Sprintf("kernel: %s of %d values in rows of %d, and of %d in rows of %d", what, len(x), headDim, n, stride))
	}
	rows := len(x) / headDim
	if rows > 0 && len(y) < (rows-1)*stride+n {
		panic(fmt.Sprintf("kernel: %s of %d rows of %d with %d values", what, rows, stride, len(y)))
	}
	return rows
}

func scoresGeneric(dst []float32, stride int, q, k []float32, headDim, n int) {
	for ; len(q) > 0; q = q[headDim:] {
		for p := 0; p < n; p += KeyGroup {
			var s [KeyGroup]float32
			group := k[p*headDim : (p+KeyGroup)*headDim]
			for d, v := range q[:headDim] {
				x := (*[KeyGroup]float32)(group[d*KeyGroup:])
				for j := range s {
					s[j] += float32(v * x[j])
				}
			}
			copy(dst[p:n], s[:])
		}
		if len(q) > headDim {
			dst = dst[stride:]
		}
	}
}

// Mix adds the weighted sums of n values: dst[r][d] += sum over p of w[r][p]*v[p][d],
// added in the order of p.
//
//	dst [rows, headDim] f32; w [rows, stride] f32, of which n count; v [n, headDim] f32
//
// It panics if w or v is shorter.
func Mix(dst, w []float32, stride int, v []float32, headDim, n int) {
	rows := checkRows("mix", dst, headDim, w, stride, n)
	if len(v) < n*headDim {
		panic(fmt.Sprintf("kernel: mix of %d rows of %d values from %d", n, headDim, len(v)))
	}
	if n > 0 && rows > 0 {
		mix(dst, w, stride, v, headDim, n)
	}
}

func mixGeneric(dst, w []float32, stride int, v []float32, headDim, n int) {
	for ; len(dst) > 0; dst = dst[headDim:] {
		for p, a := range w[:n] {
			out := dst[:headDim]
			for d, x := range v[p*headDim : (p+1)*headDim] {
				out[d] += float32(a * x)
			}
		}
		if len(dst) > headDim {
			w = w[stride:]
		}
	}
}

// MixInt8 is Mix with values of 8 bits: v[p][d] = scale[p][d/32] * q[p][d]. The
// weight and the scale are multiplied first.
//
//	dst [rows, headDim] f32; w [rows, stride] f32, of which n count
//	q [n, blocks*32] int8; scale [n, blocks] f32, blocks = ⌈headDim/32⌉
//
// It panics if w, q or scale is shorter.
func MixInt8(dst, w []float32, stride int, q []int8, scale []float32, headDim, n int) {
	rows := checkRows("mix", dst, headDim, w, stride, n)
	blocks := (headDim + BlockLen - 1) / BlockLen
	if len(q) < n*blocks*BlockLen || len(scale) < n*blocks {
		panic(fmt.Sprintf("kernel: mix of %d rows of %d values from %d with %d scales", n, headDim, len(q), len(scale)))
	}
	if n > 0 && rows > 0 {
		mixInt8(dst, w, stride, q, scale, headDim, n)
	}
}

func mixInt8Generic(dst, w []float32, stride int, q []int8, scale []float32, headDim, n int) {
	blocks := (headDim + BlockLen - 1) / BlockLen
	for ; len(dst) > 0; dst = dst[headDim:] {
		for p, a := range w[:n] {
			for b := range blocks {
				f := float32(a * scale[p*blocks+b])
				row := q[(p*blocks+b)*BlockLen:]
				for i := range dst[b*BlockLen : min((b+1)*BlockLen, headDim)] {
					dst[b*BlockLen+i] += float32(f * float32(row[i]))
				}
			}
		}
		if len(dst) > headDim {
			w = w[stride:]
		}
	}
}

// Rescale is the step of a softmax that sees its row in pieces (Milakov and
// Gimelshein, arXiv:1805.02867, alg. 3): it replaces the scores x by exp(x - m),
// where m is the largest of them and max, and returns m and the new sum. sum
// belongs to what came before with the maximum max (-Inf at first); factor is what
// results from then must be multiplied by.
//
// Scores of only -Inf become zeros.
func Rescale(x []float32, max, sum float32) (newMax, newSum, factor float32) {
	if len(x) == 0 {
		return max, sum, 1
	}
	m := maxOf(x)
	if m < max {
		m = max
	}
	if math.IsInf(float64(m), -1) {
		clear(x)
		return max, sum, 1
	}
	if m == max {
		return m, sum + expSum(x, m), 1
	}
	factor = Exp(max - m)
	return m, float32(sum*factor) + expSum(x, m), factor
}

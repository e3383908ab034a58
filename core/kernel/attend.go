package kernel

import (
	"fmt"
	"math"
)

// PanelCols is how many positions of keys, or numbers of values, lie side by side
// in the cache: a panel of them is one forward stream of memory, a cache line a
// step, and its sums stay in vector registers.
const PanelCols = 16

// valueBlock is of how many positions the values lie together in the cache: so the
// values of few positions are one forward stream too.
const valueBlock = 32

// WholePanels returns n positions or numbers, rounded up to whole panels.
func WholePanels(n int) int { return (n + PanelCols - 1) / PanelCols * PanelCols }

// ValuesLen returns how many float32 the values of n positions take, as Mix reads them.
func ValuesLen(n, headDim int) int {
	return (n + valueBlock - 1) / valueBlock * valueBlock * WholePanels(headDim)
}

// valueAt returns where number 0 of the value of a position is; number d is d/16 times
// valueBlock*PanelCols plus d%16 further.
func valueAt(position, headDim int) int {
	return position/valueBlock*valueBlock*WholePanels(headDim) + position%valueBlock*PanelCols
}

// PutValue writes the value of a position, x [headDim], to its place in v, of ValuesLen.
func PutValue(v []float32, position int, x []float32) {
	v = v[valueAt(position, len(x)):]
	for d := 0; d < len(x); d += PanelCols {
		copy(v[d*valueBlock:], x[d:min(d+PanelCols, len(x))])
	}
}

// GetValue is the inverse of PutValue.
func GetValue(x, v []float32, position int) {
	v = v[valueAt(position, len(x)):]
	for d := 0; d < len(x); d += PanelCols {
		copy(x[d:min(d+PanelCols, len(x))], v[d*valueBlock:])
	}
}

// Scores writes the dot products of queries with the first n keys:
// dst[r][p] = sum over d of q[r][d]*k[p][d], added in the order of d.
//
//	dst [rows, stride] f32, of which n are written, rounded up to whole panels
//	q   [rows, headDim] f32
//	k   [positions/16, headDim, 16] f32, position p at [p/16, :, p%16]
//
// It panics if dst is shorter, or k than the whole panels of n positions.
// Vaswani et al., "Attention Is All You Need", arXiv:1706.03762, eq. 1.
func Scores(dst []float32, stride int, q, k []float32, headDim, n int) {
	width := WholePanels(n)
	rows := checkRows("scores", q, headDim, dst, stride, width)
	if len(k) < width*headDim {
		panic(fmt.Sprintf("kernel: scores of %d positions of %d values from %d", n, headDim, len(k)))
	}
	if n == 0 || rows == 0 {
		return
	}
	for r := range rows {
		clear(dst[r*stride : r*stride+width])
	}
	panel(dst, q, k, rows, stride, headDim, headDim, width/PanelCols, PanelCols*headDim, 1, 0)
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

// Mix adds the weighted sums of n values: dst[r][d] += sum over i of w[r][i]*v[first+i][d],
// added in order.
//
//	dst [rows, headDim] f32
//	w   [rows, stride] f32, of which n count
//	v   [⌈positions/32⌉, ⌈headDim/16⌉, 32, 16] f32, see ValueAt; of the last block only what is read need be there
//
// It panics if w or v is shorter.
func Mix(dst, w []float32, stride int, v []float32, headDim, first, n int) {
	const step = valueBlock * PanelCols            // from panel to panel
	blockStep := valueBlock * WholePanels(headDim) // from block to block
	rows := checkRows("mix", dst, headDim, w, stride, n)
	panels, rest := headDim/PanelCols, headDim%PanelCols
	if first < 0 || n > 0 && len(v) < valueAt(first+n-1, headDim)+blockStep-step+PanelCols {
		panic(fmt.Sprintf("kernel: mix of values %d to %d of %d numbers from %d", first, first+n, headDim, len(v)))
	}
	if rows == 0 {
		return
	}
	for n > 0 {
		part, blocks := min(n, valueBlock-first%valueBlock), 1
		if part == valueBlock {
			blocks = n / valueBlock
		}
		at := v[valueAt(first, headDim):]
		if panels > 0 {
			panel(dst, w, at, rows, headDim, stride, part, panels, step, blocks, blockStep)
		}
		if rest > 0 { // part of a panel
			for r := range rows {
				var last [PanelCols]float32
				numbers := dst[r*headDim+panels*PanelCols:][:rest]
				copy(last[:], numbers)
				panel(last[:], w[r*stride:], at[panels*step:], 1, PanelCols, stride, part, 1, step, blocks, blockStep)
				copy(numbers, last[:])
			}
		}
		part *= blocks
		w, first, n = w[part:], first+part, n-part
	}
}

// panelGeneric is the reference of panel:
// dst[r][16*t+j] += sum over b and i of x[r][b*n+i]*m[b][t][i][j], for 16 columns j of a
// panel t, added in the order of b, then i. Products are rounded before they are added.
//
//	dst [rows, dstStride]; x [rows, xStride], of which blocks*n count
//	m   [blocks, blockStep], of which [panels, step], of which n times 16 count
func panelGeneric(dst, x, m []float32, rows, dstStride, xStride, n, panels, step, blocks, blockStep int) {
	for b := range blocks {
		for r := range rows {
			for t := range panels {
				sums := (*[PanelCols]float32)(dst[r*dstStride+t*PanelCols:])
				for i, a := range x[r*xStride+b*n:][:n] {
					for j, v := range (*[PanelCols]float32)(m[b*blockStep+t*step+i*PanelCols:]) {
						sums[j] += float32(a * v)
					}
				}
			}
		}
	}
}

// MixInt8 is Mix with values of 8 bits: v[p][d] = scale[d/32][p] * q[p][d]. The
// weight and the scale are multiplied first.
//
//	dst   [rows, headDim] f32; w [rows, stride] f32, of which n count
//	q     [⌈headDim/32⌉*2, step, 16] int8, of which n count: number d of value p at [d/16, p, d%16]
//	scale [⌈headDim/32⌉, step] f32, of which n count
//
// It panics if w, q or scale is shorter.
func MixInt8(dst, w []float32, stride int, q []int8, scale []float32, step, headDim, n int) {
	rows := checkRows("mix", dst, headDim, w, stride, n)
	if step < n || len(q) < ((headDim-1)/PanelCols*step+n)*PanelCols || len(scale) < (headDim-1)/BlockLen*step+n {
		panic(fmt.Sprintf("kernel: mix of %d rows of %d values from %d with %d scales, %d apart", n, headDim, len(q), len(scale), step))
	}
	if n > 0 && rows > 0 {
		mixInt8(dst, w, stride, q, scale, step, headDim, n)
	}
}

func mixInt8Generic(dst, w []float32, stride int, q []int8, scale []float32, step, headDim, n int) {
	for ; len(dst) > 0; dst = dst[headDim:] {
		for at := 0; at < headDim; at += PanelCols {
			sums, values, scales := dst[at:min(at+PanelCols, headDim)], q[at*step:], scale[at/BlockLen*step:]
			for p, a := range w[:n] {
				f := float32(a * scales[p])
				for i, v := range values[p*PanelCols:][:len(sums)] {
					sums[i] += float32(f * float32(v))
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
	if math.IsInf(float64(m), -1) && !anyNaN(x) {
		clear(x)
		return max, sum, 1
	}
	if m == max {
		return m, sum + expSum(x, m), 1
	}
	factor = Exp(max - m)
	return m, float32(sum*factor) + expSum(x, m), factor
}

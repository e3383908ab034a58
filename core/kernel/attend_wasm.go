//go:build go1.27 && !purego

package kernel

// attendRows is how many rows share each load at most; two do so fastest, since
// all their sums stay in registers (docs/kernels.md).
const attendRows = 3

// See panelGeneric for the reference.
func panel(dst, x, m []float32, rows, dstStride, xStride, n, panels, step int) {
	for rows > 0 {
		done := 2
		switch {
		case rows == 1:
			done = 1
			panel1(dst, x, m, dstStride, xStride, n, panels, step)
		case rows%2 == 1:
			done = 3
			panel3(dst, x, m, dstStride, xStride, n, panels, step)
		default:
			panel2(dst, x, m, dstStride, xStride, n, panels, step)
		}
		if rows -= done; rows > 0 {
			dst, x = dst[done*dstStride:], x[done*xStride:]
		}
	}
}

// panel1, panel2 and panel3 are panel of so many rows, with at least one of everything.
//
//go:noescape
func panel1(dst, x, m []float32, dstStride, xStride, n, panels, step int)

//go:noescape
func panel2(dst, x, m []float32, dstStride, xStride, n, panels, step int)

//go:noescape
func panel3(dst, x, m []float32, dstStride, xStride, n, panels, step int)

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

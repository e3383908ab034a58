//go:build go1.27 && !purego

package kernel

// panelRows is how many of rows rows share each load: two where possible, which is
// fastest, since all their sums stay in registers (docs/kernels.md).
func panelRows(rows int) int {
	switch {
	case rows == 1:
		return 1
	case rows%2 == 1:
		return 3
	}
	return 2
}

// See panelGeneric for the reference.
func panel(dst, x, m []float32, rows, dstStride, xStride, n, panels, step int) {
	for rows > 0 {
		part := panelRows(rows)
		switch part {
		case 1:
			panel1(dst, x, m, dstStride, xStride, n, panels, step)
		case 2:
			panel2(dst, x, m, dstStride, xStride, n, panels, step)
		default:
			panel3(dst, x, m, dstStride, xStride, n, panels, step)
		}
		if rows -= part; rows > 0 {
			dst, x = dst[part*dstStride:], x[part*xStride:]
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
func mixInt8(dst, w []float32, stride int, q []int8, scale []float32, step, headDim, n int) {
	if headDim%PanelCols != 0 {
		mixInt8Generic(dst, w, stride, q, scale, step, headDim, n)
		return
	}
	for rows := len(dst) / headDim; rows > 0; {
		part := panelRows(rows)
		for at := 0; at < headDim; at += PanelCols {
			d, q, s := dst[at:], q[at*step:], scale[at/BlockLen*step:]
			switch part {
			case 1:
				mixInt8x1(d, w, q, s, headDim, stride, n)
			case 2:
				mixInt8x2(d, w, q, s, headDim, stride, n)
			default:
				mixInt8x3(d, w, q, s, headDim, stride, n)
			}
		}
		if rows -= part; rows > 0 {
			dst, w = dst[part*headDim:], w[part*stride:]
		}
	}
}

// mixInt8x1, mixInt8x2 and mixInt8x3 do one panel of so many rows, with at least
// one position.
//
//go:noescape
func mixInt8x1(dst, w []float32, q []int8, scale []float32, dstStride, stride, n int)

//go:noescape
func mixInt8x2(dst, w []float32, q []int8, scale []float32, dstStride, stride, n int)

//go:noescape
func mixInt8x3(dst, w []float32, q []int8, scale []float32, dstStride, stride, n int)

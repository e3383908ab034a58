//go:build go1.27 && !purego

package kernel

// panelRows is how many of rows rows share each load: two, whose sums stay in
// registers, as those of three would not (docs/kernels.md).
func panelRows(rows int) int { return min(rows, 2) }

// See panelGeneric for the reference.
func panel(dst, x, m []float32, rows, dstStride, xStride, n, panels, step, blocks, blockStep int) {
	for rows > 0 {
		part := panelRows(rows)
		if part == 1 {
			panel1(dst, x, m, dstStride, xStride, n, panels, step, blocks, blockStep)
		} else {
			panel2(dst, x, m, dstStride, xStride, n, panels, step, blocks, blockStep)
		}
		if rows -= part; rows > 0 {
			dst, x = dst[part*dstStride:], x[part*xStride:]
		}
	}
}

// panel1 and panel2 are panel of so many rows, with at least one of everything.
//
//go:noescape
func panel1(dst, x, m []float32, dstStride, xStride, n, panels, step, blocks, blockStep int)

//go:noescape
func panel2(dst, x, m []float32, dstStride, xStride, n, panels, step, blocks, blockStep int)

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
			if part == 1 {
				mixInt8x1(d, w, q, s, headDim, stride, n)
			} else {
				mixInt8x2(d, w, q, s, headDim, stride, n)
			}
		}
		if rows -= part; rows > 0 {
			dst, w = dst[part*headDim:], w[part*stride:]
		}
	}
}

// mixInt8x1 and mixInt8x2 do one panel of so many rows, with at least one position.
//
//go:noescape
func mixInt8x1(dst, w []float32, q []int8, scale []float32, dstStride, stride, n int)

//go:noescape
func mixInt8x2(dst, w []float32, q []int8, scale []float32, dstStride, stride, n int)

package main

import "fmt"

// attendRows is how many rows share a load at most, see panelRows in the package.
const attendRows = 3

// genAttend writes the loop of attention in float32, and that of values in int8.
func genAttend(a *asm) {
	for rows := 1; rows <= attendRows; rows++ {
		genPanel(a, rows)
	}
	for rows := 1; rows <= attendRows; rows++ {
		genMixInt8(a, rows)
	}
}

// chain sets registers to base, base + step, base + 2 step, ...
func chain(base, step string, to []string, a *asm) {
	for i, r := range to {
		if i == 0 {
			a.op("Get %s; Set %s", base, r)
		} else {
			a.op("Get %s; Get %s; I64Add; Set %s", to[i-1], step, r)
		}
	}
}

// genPanel: V0.. sums of each row, V11.. the rows' values of x, V15 four columns.
//
// V8 has 15 vector registers, one of them for a product before it is added, so
// that three rows take a panel of four vectors in two passes: the second one finds
// it in the cache. (With 12 sums at once two of them live in memory, and each
// step waits for its store: 12 GMAC/s, not 18.)
//
// The first pass touches the same line of the next panel, so that it is on its way
// when its turn comes: one stream at a time leaves the memory idle, and wasm has no
// prefetch.
func genPanel(a *asm, rows int) {
	width := 4 // vectors of a pass
	if rows > 2 {
		width = 2
	}
	a.fn(fmt.Sprintf("panel%d", rows), "dst []float32, x []float32, m []float32, dstStride int, xStride int, n int, panels int, step int", "", func(at map[string]string) {
		// R0 dst, R1 x, R2 m, R3 bytes of a row of dst, R4 of x, R5 n, R6 panels to go,
		// R7 bytes from panel to panel, R8 steps to go, R9 m now, R10.. x now of each row, R13 the same place of the next panel,
		// R14 dst of a row.
		a.args(at, "dst", "x", "m", "dstStride", "xStride", "n", "panels", "step")
		for _, r := range []string{"R3", "R4", "R7"} {
			a.op("Get %s; I64Const $2; I64Shl; Set %s", r, r)
		}
		eachSum := func(f func(v string, r, i int)) {
			for r := range rows {
				if r == 0 {
					a.op("Get R0; Set R14")
				} else {
					a.op("Get R14; Get R3; I64Add; Set R14")
				}
				for i := range width {
					f(fmt.Sprintf("V%d", r*width+i), r, i)
				}
			}
		}
		steps := func(n int, fetch bool) {
			for s := range n {
				if fetch {
					a.op("Get R13; I32WrapI64; I32Load $%d; Drop", 64*s)
				}
				for r := range rows {
					a.splat(fmt.Sprintf("R%d", 10+r), 4*s)
					a.op("Set V%d", 11+r)
				}
				for i := range width {
					a.load("R9", 64*s+16*i)
					a.op("Set V15")
					for r := range rows {
						a.op("Get V%d; Get V15; Get V%d; F32x4Mul; F32x4Add; Set V%d", r*width+i, 11+r, r*width+i)
					}
				}
			}
			for r := range rows {
				a.add(fmt.Sprintf("R%d", 10+r), 4*n)
			}
			a.add("R9", 64*n)
			if fetch {
				a.add("R13", 64*n)
			}
		}
		a.loop("R6", func() {
			for pass := 0; pass < 4; pass += width {
				chain("R1", "R4", regs("R", 10, rows), a)
				a.op("Get R2; I64Const $%d; I64Add; Set R9", 16*pass)
				fetch := pass == 0
				if fetch { // of the last panel itself
					a.op("Get R6; I64Const $1; I64Eq; If; Get R2; Set R13; Else; Get R2; Get R7; I64Add; Set R13; End")
				}
				eachSum(func(v string, r, i int) {
					a.load("R14", 16*(pass+i))
					a.op("Set %s", v)
				})
				a.op("Get R5; I64Const $1; I64ShrU; Tee R8; I64Eqz; I32Eqz; If")
				a.loop("R8", func() { steps(2, fetch) })
				a.op("End; Get R5; I64Const $1; I64And; I64Eqz; I32Eqz; If")
				steps(1, fetch)
				a.op("End")
				eachSum(func(v string, r, i int) {
					a.store("R14", 16*(pass+i), func() { a.op("Get %s", v) })
				})
			}
			a.add("R0", 64)
			a.op("Get R2; Get R7; I64Add; Set R2")
		})
	})
}

// genMixInt8: V0.. sums of each row, V12.. the row's weight times the scale, V15
// four values. As in genPanel, three rows take the panel in two passes.
func genMixInt8(a *asm, rows int) {
	width := 4 // vectors of a pass
	if rows > 2 {
		width = 2
	}
	a.fn(fmt.Sprintf("mixInt8x%d", rows), "dst []float32, w []float32, q []int8, scale []float32, dstStride int, stride int, n int", "", func(at map[string]string) {
		// R0 dst, R1 w, R2 q, R3 scale, R4 bytes of a row of dst, R5 of w, R6 positions,
		// R7 positions to go, R8 q and scale now, R9, R10.. w now and R13.. dst of each row.
		a.args(at, "dst", "w", "q", "scale", "dstStride", "stride", "n")
		for _, r := range []string{"R4", "R5"} {
			a.op("Get %s; I64Const $2; I64Shl; Set %s", r, r)
		}
		chain("R0", "R4", regs("R", 13, rows), a)
		for pass := 0; pass < 4; pass += width {
			chain("R1", "R5", regs("R", 10, rows), a)
			a.op("Get R2; Set R8; Get R3; Set R9; Get R6; Set R7")
			for r := range rows {
				for i := range width {
					a.load(fmt.Sprintf("R%d", 13+r), 16*(pass+i))
					a.op("Set V%d", r*width+i)
				}
			}
			a.loop("R7", func() {
				for r := range rows {
					a.op("Get R%d; I32WrapI64; F32Load $0; Get R9; I32WrapI64; F32Load $0; F32Mul; F32x4Splat; Set V%d", 10+r, 12+r)
					a.add(fmt.Sprintf("R%d", 10+r), 4)
				}
				for i := range width {
					half := [2]string{"Low", "High"}
					a.load("R8", 0)
					a.op("I16x8Extend%sI8x16S; I32x4Extend%sI16x8S; F32x4ConvertI32x4S; Set V15", half[(pass+i)/2], half[(pass+i)%2])
					for r := range rows {
						a.op("Get V%d; Get V15; Get V%d; F32x4Mul; F32x4Add; Set V%d", r*width+i, 12+r, r*width+i)
					}
				}
				a.add("R8", 16)
				a.add("R9", 4)
			})
			for r := range rows {
				for i := range width {
					a.store(fmt.Sprintf("R%d", 13+r), 16*(pass+i), func() { a.op("Get V%d", r*width+i) })
				}
			}
		}
	})
}

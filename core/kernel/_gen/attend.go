package main

import "fmt"

// attendRows is how many rows share a load at most, see docs/kernels.md.
const attendRows = 2

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

const width = 4 // vectors of a panel

// eachSum runs f for the sums of a panel, V0.. of each row, which belong to R14.. plus off.
func eachSum(rows int, f func(v, dst string, off int)) {
	for r := range rows {
		for i := range width {
			f(fmt.Sprintf("V%d", r*width+i), fmt.Sprintf("R%d", 14+r), 16*i)
		}
	}
}

func (a *asm) loadSums(rows int) {
	eachSum(rows, func(v, dst string, off int) {
		a.load(dst, off)
		a.op("Set %s", v)
	})
}

func (a *asm) storeSums(rows int) {
	eachSum(rows, func(v, dst string, off int) {
		a.store(dst, off, func() { a.op("Get %s", v) })
	})
}

// addProducts adds V15, times the rows' numbers in V12.., to vector i of their sums.
func (a *asm) addProducts(rows, i int) {
	for r := range rows {
		a.op("Get V%d; Get V15; Get V%d; F32x4Mul; F32x4Add; Set V%d", r*width+i, 12+r, r*width+i)
	}
}

// genPanel: V0.. sums of each row, V12.. the rows' values of x, V15 four columns.
func genPanel(a *asm, rows int) {
	a.fn(fmt.Sprintf("panel%d", rows), "dst []float32, x []float32, m []float32, dstStride int, xStride int, n int, panels int, step int, blocks int, blockStep int", "", func(at map[string]string) {
		// R0 dst, R1 x, R2 m, R3 bytes of a row of dst, R4 of x, R5 n, R6 panels to go,
		// R7 bytes from panel to panel, R8 steps to go, R9 m now, R10.. x now of each row, R12 blocks to go, R13 m of
		// the block, R14.. dst of each row.
		a.args(at, "dst", "x", "m", "dstStride", "xStride", "n", "panels", "step")
		a.op("I64Load %s; Set R12; Get R2; Set R13", at["blocks"])
		for _, r := range []string{"R3", "R4", "R7"} {
			a.op("Get %s; I64Const $2; I64Shl; Set %s", r, r)
		}
		steps := func(n int) {
			for s := range n {
				for r := range rows {
					a.splat(fmt.Sprintf("R%d", 10+r), 4*s)
					a.op("Set V%d", 12+r)
				}
				for i := range width {
					a.load("R9", 64*s+16*i)
					a.op("Set V15")
					a.addProducts(rows, i)
				}
			}
			for r := range rows {
				a.add(fmt.Sprintf("R%d", 10+r), 4*n)
			}
			a.add("R9", 64*n)
		}
		a.loop("R12", func() {
			a.op("I64Load %s; Set R0; Get R13; Set R2; I64Load %s; Set R6", at["dst"], at["panels"])
			a.loop("R6", func() {
				chain("R0", "R3", regs("R", 14, rows), a)
				chain("R1", "R4", regs("R", 10, rows), a)
				a.op("Get R2; Set R9")
				a.loadSums(rows)
				a.op("Get R5; I64Const $1; I64ShrU; Tee R8; I64Eqz; I32Eqz; If")
				a.loop("R8", func() { steps(2) })
				a.op("End; Get R5; I64Const $1; I64And; I64Eqz; I32Eqz; If")
				steps(1)
				a.op("End")
				a.storeSums(rows)
				a.add("R0", 64)
				a.op("Get R2; Get R7; I64Add; Set R2")
			})
			a.op("Get R1; Get R5; I64Const $2; I64Shl; I64Add; Set R1; Get R13; I64Load %s; I64Const $2; I64Shl; I64Add; Set R13", at["blockStep"])
		})
	})
}

// genMixInt8: V0.. sums of each row, V12.. the row's weight times the scale, V15
// four values.
func genMixInt8(a *asm, rows int) {
	a.fn(fmt.Sprintf("mixInt8x%d", rows), "dst []float32, w []float32, q []int8, scale []float32, dstStride int, stride int, n int", "", func(at map[string]string) {
		// R0 dst, R1 w, R2 q, R3 scale, R4 bytes of a row of dst, R5 of w, R6 positions,
		// R7 positions to go, R8 q and scale now, R9, R10.. w now and R14.. dst of each row.
		a.args(at, "dst", "w", "q", "scale", "dstStride", "stride", "n")
		for _, r := range []string{"R4", "R5"} {
			a.op("Get %s; I64Const $2; I64Shl; Set %s", r, r)
		}
		chain("R0", "R4", regs("R", 14, rows), a)
		chain("R1", "R5", regs("R", 10, rows), a)
		a.op("Get R2; Set R8; Get R3; Set R9; Get R6; Set R7")
		a.loadSums(rows)
		a.loop("R7", func() {
			for r := range rows {
				a.op("Get R%d; I32WrapI64; F32Load $0; Get R9; I32WrapI64; F32Load $0; F32Mul; F32x4Splat; Set V%d", 10+r, 12+r)
				a.add(fmt.Sprintf("R%d", 10+r), 4)
			}
			for i := range width {
				half := [2]string{"Low", "High"}
				a.load("R8", 0)
				a.op("I16x8Extend%sI8x16S; I32x4Extend%sI16x8S; F32x4ConvertI32x4S; Set V15", half[i/2], half[i%2])
				a.addProducts(rows, i)
			}
			a.add("R8", 16)
			a.add("R9", 4)
		})
		a.storeSums(rows)
	})
}

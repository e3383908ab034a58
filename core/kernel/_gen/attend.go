package main

import "fmt"

// attendRows is how many rows share a load; as in attend.go of the package.
const attendRows = 3

// genAttend writes the two halves of attention over the cache: scores, and the
// mix of values in float32 or int8.
func genAttend(a *asm) {
	for rows := 1; rows <= attendRows; rows++ {
		genScores(a, rows)
	}
	for rows := 1; rows <= attendRows; rows++ {
		genMix(a, rows)
	}
	for rows := 1; rows <= attendRows; rows++ {
		genMixInt8(a, rows)
	}
}

// genScores: sums of 4 groups of keys for each row in V0.., the row's value of q
// in V12.., the keys in V15.
func genScores(a *asm, rows int) {
	const tile = 4 // groups
	a.fn(fmt.Sprintf("scores%d", rows), "dst []float32, q []float32, k []float32, stride int, headDim int, groups int", "", func(at map[string]string) {
		// R0 dst, R1 q, R2 k, R3 bytes of a row of dst, R4 headDim, R5 groups to go,
		// R6 bytes of a group, R7 values to go, R8 bytes of a row of q, R9.. q now of
		// each row, R12.. k now of each group.
		a.args(at, "dst", "q", "k", "stride", "headDim", "groups")
		a.op("Get R3; I64Const $4; I64Mul; Set R3")
		a.op("Get R4; I64Const $16; I64Mul; Set R6")
		a.op("Get R4; I64Const $4; I64Mul; Set R8")
		step := func(groups int) {
			chain("R1", "R8", regs("R", 9, rows), a)
			chain("R2", "R6", regs("R", 12, groups), a)
			a.op("Get R4; Set R7")
			for r := range rows {
				a.zero(regs("V", r*tile, groups)...)
			}
			a.loop("R7", func() {
				for r := range rows {
					a.splat(fmt.Sprintf("R%d", 9+r), 0)
					a.op("Set V%d", 12+r)
					a.add(fmt.Sprintf("R%d", 9+r), 4)
				}
				for g := range groups {
					k := fmt.Sprintf("R%d", 12+g)
					a.load(k, 0)
					a.op("Set V15")
					for r := range rows {
						a.op("Get V%d; Get V15; Get V%d; F32x4Mul; F32x4Add; Set V%d", r*tile+g, 12+r, r*tile+g)
					}
					a.add(k, 16)
				}
			})
			a.op("Get R0; Set R9")
			for r := range rows {
				for g := range groups {
					a.store("R9", 16*g, func() { a.op("Get V%d", r*tile+g) })
				}
				a.op("Get R9; Get R3; I64Add; Set R9")
			}
			a.add("R0", 16*groups)
			a.op("Get R2; Get R6; I64Const $%d; I64Mul; I64Add; Set R2", groups)
			a.add("R5", -groups)
		}
		for _, n := range []int{tile, 1} {
			a.op("Block; Loop; Get R5; I64Const $%d; I64LtS; BrIf $1", n)
			step(n)
			a.op("Br $0; End; End")
		}
	})
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

// genMix: as many vectors of each row's dst as the registers hold, in V0.., the
// row's weight in V12.. (one row: V8), the values in V15.
func genMix(a *asm, rows int) {
	tile, weight := 4, 12
	if rows == 1 {
		tile, weight = 8, 8
	}
	a.fn(fmt.Sprintf("mix%d", rows), "dst []float32, w []float32, v []float32, stride int, headDim int, n int", "", func(at map[string]string) {
		// R0 dst, R1 w, R2 v, R3 bytes of a row of w, R4 values of dst to go, R5 positions,
		// R6 bytes of a row of v and dst, R7 v now, R8 positions to go, R9.. w now of each
		// row, R12.. dst of each row.
		a.args(at, "dst", "w", "v", "stride", "headDim", "n")
		a.op("Get R3; I64Const $4; I64Mul; Set R3")
		a.op("Get R4; I64Const $4; I64Mul; Set R6")
		for _, n := range []int{tile, 1} {
			a.op("Block; Loop; Get R4; I64Const $%d; I64LtS; BrIf $1", 4*n)
			chain("R1", "R3", regs("R", 9, rows), a)
			chain("R0", "R6", regs("R", 12, rows), a)
			a.op("Get R2; Set R7; Get R5; Set R8")
			for r := range rows {
				for i := range n {
					a.load(fmt.Sprintf("R%d", 12+r), 16*i)
					a.op("Set V%d", r*tile+i)
				}
			}
			a.loop("R8", func() {
				for r := range rows {
					a.splat(fmt.Sprintf("R%d", 9+r), 0)
					a.op("Set V%d", weight+r)
					a.add(fmt.Sprintf("R%d", 9+r), 4)
				}
				for i := range n {
					a.load("R7", 16*i)
					a.op("Set V15")
					for r := range rows {
						a.op("Get V%d; Get V15; Get V%d; F32x4Mul; F32x4Add; Set V%d", r*tile+i, weight+r, r*tile+i)
					}
				}
				a.op("Get R7; Get R6; I64Add; Set R7")
			})
			for r := range rows {
				for i := range n {
					a.store(fmt.Sprintf("R%d", 12+r), 16*i, func() { a.op("Get V%d", r*tile+i) })
				}
			}
			a.add("R0", 16*n)
			a.add("R2", 16*n)
			a.add("R4", -4*n)
			a.op("Br $0; End; End")
		}
	})
}

// genMixInt8: sixteen values of each row's dst in V0.., the row's weight times the
// scale in V12.., four values in V15.
func genMixInt8(a *asm, rows int) {
	const tile = 4
	a.fn(fmt.Sprintf("mixInt8x%d", rows), "dst []float32, w []float32, q []int8, scale []float32, stride int, headDim int, n int", "", func(at map[string]string) {
		// R0 dst, R1 w, R2 q, R3 scale, R4 bytes of a row of w, R5 of dst, R6 positions to go,
		// R7 bytes of a row of q, R8 of scale, R9.. w of each row, R12.. dst of each row.
		a.args(at, "dst", "w", "q", "scale", "stride", "headDim", "n")
		a.op("Get R4; I64Const $2; I64Shl; Set R4")
		a.op("Get R5; I64Const $31; I64Add; I64Const $5; I64ShrU; Tee R8; I64Const $5; I64Shl; Set R7")
		a.op("Get R8; I64Const $2; I64Shl; Set R8")
		a.op("Get R5; I64Const $2; I64Shl; Set R5")
		chain("R1", "R4", regs("R", 9, rows), a)
		chain("R0", "R5", regs("R", 12, rows), a)
		for r := range rows {
			for i := range tile {
				a.load(fmt.Sprintf("R%d", 12+r), 16*i)
				a.op("Set V%d", r*tile+i)
			}
		}
		a.loop("R6", func() {
			for r := range rows {
				a.op("Get R%d; I32WrapI64; F32Load $0; Get R3; I32WrapI64; F32Load $0; F32Mul; F32x4Splat; Set V%d", 9+r, 12+r)
				a.add(fmt.Sprintf("R%d", 9+r), 4)
			}
			for i := range tile {
				half := [2]string{"Low", "High"}
				a.load("R2", 0)
				a.op("I16x8Extend%sI8x16S; I32x4Extend%sI16x8S; F32x4ConvertI32x4S; Set V15", half[i/2], half[i%2])
				for r := range rows {
					a.op("Get V%d; Get V15; Get V%d; F32x4Mul; F32x4Add; Set V%d", r*tile+i, 12+r, r*tile+i)
				}
			}
			a.op("Get R2; Get R7; I64Add; Set R2")
			a.op("Get R3; Get R8; I64Add; Set R3")
		})
		for r := range rows {
			for i := range tile {
				a.store(fmt.Sprintf("R%d", 12+r), 16*i, func() { a.op("Get V%d", r*tile+i) })
			}
		}
	})
}

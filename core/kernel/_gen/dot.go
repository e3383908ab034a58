package main

import "fmt"

// genDot writes the float32 dot product and matrix-vector product: eight lanes
// in two accumulators, joined lane by lane at the end.
func genDot(a *asm) {
	a.fn("dot8", "x []float32, y []float32", "float32", func(at map[string]string) {
		a.args(at, "x", "y", "x_len")
		a.shiftRight("R2", 3)
		a.zero("V0", "V1")
		a.comment("V0: lanes 0..3, V1: lanes 4..7")
		a.loop("R2", func() {
			for i, v := range regs("V", 0, 2) {
				a.op("Get %s", v)
				a.load("R0", 16*i)
				a.load("R1", 16*i)
				a.op("F32x4Mul; F32x4Add; Set %s", v)
			}
			a.add("R0", 32)
			a.add("R1", 32)
		})
		a.op("Get V0; Get V1; F32x4Add; Set V0")
		a.result(at, func() { a.sumLanes("V0") })
	})
	a.fn("matVec4", "dst []float32, w []float32, x []float32, quarter int", "", genMatVec4(a))
}

func genMatVec4(a *asm) func(map[string]string) {
	return func(at map[string]string) {
		// R0 dst, R1 x, R2 columns, R3 quarter, R4..R7 rows of the four streams,
		// R8 byte distance of the streams in dst, R9 rows to go, R10 x now, R11 columns to go.
		a.args(at, "dst", "x", "x_len", "quarter", "w")
		for i := 1; i < 4; i++ {
			a.op("Get R%d; Get R3; Get R2; I64Mul; I64Const $4; I64Mul; I64Add; Set R%d", 3+i, 4+i)
		}
		a.op("Get R3; I64Const $4; I64Mul; Set R8; Get R3; Set R9")
		a.loop("R9", func() {
			a.op("Get R1; Set R10; Get R2; Set R11")
			a.shiftRight("R11", 3)
			a.zero(regs("V", 0, 8)...)
			a.comment("V0..V3: lanes 0..3 of four rows, V4..V7: lanes 4..7, V8: x")
			a.loop("R11", func() {
				for half := range 2 {
					a.load("R10", 16*half)
					a.op("Set V8")
					for s := range 4 {
						v := fmt.Sprintf("V%d", 4*half+s)
						a.op("Get %s", v)
						a.load(fmt.Sprintf("R%d", 4+s), 16*half)
						a.op("Get V8; F32x4Mul; F32x4Add; Set %s", v)
					}
				}
				for s := range 4 {
					a.add(fmt.Sprintf("R%d", 4+s), 32)
				}
				a.add("R10", 32)
			})
			a.op("Get R0; Set R12")
			for s := range 4 {
				a.op("Get V%d; Get V%d; F32x4Add; Set V%d", s, 4+s, s)
				a.op("Get R12; I32WrapI64")
				a.sumLanes(fmt.Sprintf("V%d", s))
				a.op("F32Store $0")
				a.op("Get R12; Get R8; I64Add; Set R12")
			}
			a.add("R0", 4)
		})
	}
}

package main

import "fmt"

// genAttend writes the two halves of attention over the cache.
func genAttend(a *asm) {
	a.fn("scoreGroups", "dst []float32, q []float32, k []float32, scale float32, groups int", "", func(at map[string]string) {
		// R0 dst, R1 q, R2 headDim, R3 k, R4 groups, R5 q now, R6 k now, R7 values to go,
		// R8 bytes of a group, R9..R11 k of the next groups. V15: scale.
		a.args(at, "dst", "q", "q_len", "k", "groups")
		a.op("F32Load %s; F32x4Splat; Set V15", at["scale"])
		a.op("Get R2; I64Const $16; I64Mul; Set R8")
		step := func(n int) {
			a.op("Get R1; Set R5; Get R3; Set R6; Get R2; Set R7")
			for i := 1; i < n; i++ {
				a.op("Get R%s; Get R8; I64Add; Set R%d", []string{"", "6", "9", "10"}[i], 8+i)
			}
			a.zero(regs("V", 0, n)...)
			a.loop("R7", func() {
				a.splat("R5", 0)
				a.op("Set V8")
				for i, r := range []string{"R6", "R9", "R10", "R11"}[:n] {
					a.op("Get V%d; Get V8", i)
					a.load(r, 0)
					a.op("F32x4Mul; F32x4Add; Set V%d", i)
					a.add(r, 16)
				}
				a.add("R5", 4)
			})
			for i := range n {
				a.store("R0", 16*i, func() { a.op("Get V%d; Get V15; F32x4Mul", i) })
			}
			a.add("R0", 16*n)
			a.op("Get R3; Get R8; I64Const $%d; I64Mul; I64Add; Set R3", n)
			a.add("R4", -n)
		}
		for _, n := range []int{4, 1} {
			a.op("Block; Loop; Get R4; I64Const $%d; I64LtS; BrIf $1", n)
			step(n)
			a.op("Br $0; End; End")
		}
	})
	a.fn("mix4", "dst []float32, w []float32, v []float32", "", func(at map[string]string) {
		// R0 dst, R1 values of dst to go, R2 w, R3 positions, R4 v, R5 bytes of a row,
		// R6 w now, R7 v now, R8 positions to go.
		a.args(at, "dst", "dst_len", "w", "w_len", "v")
		a.op("Get R1; I64Const $4; I64Mul; Set R5")
		for _, n := range []int{8, 1} {
			a.op("Block; Loop; Get R1; I64Const $%d; I64LtS; BrIf $1", 4*n)
			a.op("Get R2; Set R6; Get R4; Set R7; Get R3; Set R8")
			for i := range n {
				a.load("R0", 16*i)
				a.op("Set V%d", i)
			}
			a.loop("R8", func() {
				a.splat("R6", 0)
				a.op("Set V8")
				for i := range n {
					a.op("Get V%d; Get V8", i)
					a.load("R7", 16*i)
					a.op("F32x4Mul; F32x4Add; Set V%d", i)
				}
				a.add("R6", 4)
				a.op("Get R7; Get R5; I64Add; Set R7")
			})
			for i := range n {
				a.store("R0", 16*i, func() { a.op(fmt.Sprintf("Get V%d", i)) })
			}
			a.add("R0", 16*n)
			a.add("R4", 16*n)
			a.add("R1", -4*n)
			a.op("Br $0; End; End")
		}
	})
}

package main

// genRoPENeoX writes the rotation of pairs that lie half of the rotated values
// apart: four pairs a step, one vector of their first and one of their second values.
func genRoPENeoX(a *asm) {
	a.fn("ropeNeoX4", "x []float32, cos []float32, sin []float32, headDim int", "", func(at map[string]string) {
		// R0 head, R1 cos, R2 sin, R3 pairs/4, R4 head distance in bytes, R5 end of x,
		// R6 distance of a pair's values in bytes, R7..R10 first values, second values,
		// cos and sin, moving, R11 vectors to go.
		a.args(at, "x", "cos", "sin", "cos_len", "headDim", "x_len")
		a.op("Get R3; I64Const $4; I64Mul; Set R6")
		a.shiftRight("R3", 2)
		a.op("Get R4; I64Const $4; I64Mul; Set R4; Get R5; I64Const $4; I64Mul; Get R0; I64Add; Set R5")
		a.op("Loop")
		a.op("Get R0; Tee R7; Get R6; I64Add; Set R8; Get R1; Set R9; Get R2; Set R10; Get R3; Set R11")
		a.loop("R11", func() {
			for i, r := range regs("R", 7, 4) {
				a.load(r, 0)
				a.op("Set V%d", i)
			}
			a.store("R7", 0, func() { a.op("Get V0; Get V2; F32x4Mul; Get V1; Get V3; F32x4Mul; F32x4Sub") })
			a.store("R8", 0, func() { a.op("Get V1; Get V2; F32x4Mul; Get V0; Get V3; F32x4Mul; F32x4Add") })
			for _, r := range regs("R", 7, 4) {
				a.add(r, 16)
			}
		})
		a.op("Get R0; Get R4; I64Add; Tee R0; Get R5; I64LtU; BrIf $0; End")
	})
}

package main

// genRope writes the rotation of adjacent pairs: x*cos + swap(x)*sin, where swap
// exchanges neighbours and sin carries the sign.
func genRope(a *asm) {
	a.fn("rope4", "x []float32, cos []float32, sin []float32, headDim int", "", func(at map[string]string) {
		// R0 head, R1 cos, R2 sin, R3 rotated/4, R4 head distance in bytes, R5 end of x,
		// R6..R8 moving copies of R0..R2, R9 vectors to go.
		a.args(at, "x", "cos", "sin", "cos_len", "headDim", "x_len")
		a.shiftRight("R3", 2)
		a.op("Get R4; I64Const $4; I64Mul; Set R4; Get R5; I64Const $4; I64Mul; Get R0; I64Add; Set R5")
		a.bytes([16]byte{4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11})
		a.op("Set V1")
		a.op("Loop")
		a.op("Get R0; Set R6; Get R1; Set R7; Get R2; Set R8; Get R3; Set R9")
		a.loop("R9", func() {
			a.load("R6", 0)
			a.op("Set V0")
			a.store("R6", 0, func() {
				a.op("Get V0")
				a.load("R7", 0)
				a.op("F32x4Mul; Get V0; Get V1; I8x16Swizzle")
				a.load("R8", 0)
				a.op("F32x4Mul; F32x4Add")
			})
			a.add("R6", 16)
			a.add("R7", 16)
			a.add("R8", 16)
		})
		a.op("Get R0; Get R4; I64Add; Tee R0; Get R5; I64LtU; BrIf $0; End")
	})
}

package main

// genGELU writes gelu of one slice, and of a gate times another. The steps are
// those of gelu1 in gelu.go.
func genGELU(a *asm) {
	// value pushes gelu of the vector at register r, which stays in V4.
	value := func(r string) {
		a.load(r, 0)
		a.op("Tee V4; Get V4; Get V4; F32x4Mul")
		a.f32(0.044715)
		a.op("F32x4Mul")
		a.f32(1)
		a.op("F32x4Add; F32x4Mul")
		a.f32(-2 * 0.79788456080286535588)
		a.op("F32x4Mul; Set V0")
		a.exp(5, false)
	}
	quotient := func() {
		a.op("Get V4; Get V5; Get V0; F32x4Add; F32x4Div") // V5 is 1, the first of the constants
	}
	a.fn("gelu4", "dst []float32, x []float32", "", func(at map[string]string) {
		a.args(at, "dst", "x", "dst_len")
		a.shiftRight("R2", 2)
		a.setExpConstants(5)
		a.loop("R2", func() {
			value("R1")
			a.store("R0", 0, quotient)
			a.add("R0", 16)
			a.add("R1", 16)
		})
	})
	a.fn("geGLU4", "dst []float32, gate []float32, up []float32", "", func(at map[string]string) {
		a.args(at, "dst", "gate", "up", "dst_len")
		a.shiftRight("R3", 2)
		a.setExpConstants(5)
		a.loop("R3", func() {
			value("R1")
			a.store("R0", 0, func() {
				quotient()
				a.load("R2", 0)
				a.op("F32x4Mul")
			})
			a.add("R0", 16)
			a.add("R1", 16)
			a.add("R2", 16)
		})
	})
}

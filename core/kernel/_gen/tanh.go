package main

// genTanh writes the soft cap. Both forms of the hyperbolic tangent are computed,
// with the steps of Tanh in tanh.go, and one is taken for each lane.
func genTanh(a *asm) {
	a.fn("softCap4", "x []float32, limit float32, inverse float32", "", func(at map[string]string) {
		a.args(at, "x", "x_len")
		a.shiftRight("R1", 2)
		a.op("F32Load %s; F32x4Splat; Set V7; F32Load %s; F32x4Splat; Set V8", at["limit"], at["inverse"])
		a.setExpConstants(9)
		a.loop("R1", func() {
			a.comment("V4: v/limit, V5: its absolute value, V6: the form for large ones")
			a.load("R0", 0)
			a.op("Get V8; F32x4Mul; Tee V4; F32x4Abs; Tee V5; Get V5; F32x4Add; Set V0")
			a.exp(9, false)
			a.f32(1)
			a.f32(2)
			a.op("Get V0")
			a.f32(1)
			a.op("F32x4Add; F32x4Div; F32x4Sub; Get V4")
			a.i32(1 << 31)
			a.op("V128And; V128Or; Set V6")
			a.comment("V0: square, then the form for small ones")
			a.op("Get V4; Get V4; F32x4Mul; Set V0")
			a.f32(-5.70498872745e-3)
			for _, p := range []float32{2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
				a.op("Get V0; F32x4Mul")
				a.f32(p)
				a.op("F32x4Add")
			}
			a.op("Get V0; F32x4Mul; Get V4; F32x4Mul; Get V4; F32x4Add; Set V0")
			a.store("R0", 0, func() {
				a.op("Get V7; Get V6; Get V0; Get V5")
				a.f32(0.625)
				a.op("F32x4Ge; V128Bitselect; F32x4Mul")
			})
			a.add("R0", 16)
		})
	})
}

package main

// exp replaces V0 by its exponential, using V1..V3. The steps are those of Exp in exp.go.
func (a *asm) exp() {
	a.comment("V0 = exp(V0): V1 = n, V2 = r, V3 = polynomial")
	a.op("Get V0")
	a.f32(-104)
	a.op("F32x4Max")
	a.f32(89)
	a.op("F32x4Min; Set V0; Get V0")
	a.f32(1.44269504088896341)
	a.op("F32x4Mul")
	a.f32(12582912)
	a.op("F32x4Add; Set V1; Get V0; Get V1")
	a.f32(12582912)
	a.op("F32x4Sub; Tee V3")
	a.f32(0.693359375)
	a.op("F32x4Mul; F32x4Sub; Get V3")
	a.f32(-2.12194440e-4)
	a.op("F32x4Mul; F32x4Sub; Set V2; Get V1")
	a.i32(0x4B400000)
	a.op("I32x4Sub; Set V1")
	a.f32(1.9875691500e-4)
	for _, p := range []float32{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		a.op("Get V2; F32x4Mul")
		a.f32(p)
		a.op("F32x4Add")
	}
	a.op("Get V2; Get V2; F32x4Mul; F32x4Mul; Get V2; F32x4Add")
	a.f32(1)
	a.op("F32x4Add; Set V0; Get V1; I32Const $1; I32x4ShrS; Set V3")
	power := func() {
		a.i32(127)
		a.op("I32x4Add; I32Const $23; I32x4Shl")
	}
	a.op("Get V0; Get V3")
	power()
	a.op("F32x4Mul; Get V1; Get V3; I32x4Sub")
	power()
	a.op("F32x4Mul; Set V0")
}

func genExp(a *asm) {
	a.fn("max4", "x []float32", "float32", func(at map[string]string) {
		a.args(at, "x", "x_len")
		a.shiftRight("R1", 2)
		a.load("R0", 0)
		a.op("Set V0")
		a.loop("R1", func() {
			a.op("Get V0")
			a.load("R0", 0)
			a.op("F32x4Max; Set V0")
			a.add("R0", 16)
		})
		a.result(at, func() {
			a.op("Get V0; F32x4ExtractLane $0, $0; Get V0; F32x4ExtractLane $0, $1; F32Max")
			a.op("Get V0; F32x4ExtractLane $0, $2; Get V0; F32x4ExtractLane $0, $3; F32Max; F32Max")
		})
	})
	a.fn("expSum4", "x []float32, m float32", "float32", func(at map[string]string) {
		a.args(at, "x", "x_len")
		a.shiftRight("R1", 2)
		a.op("F32Load %s; F32x4Splat; Set V5", at["m"])
		a.zero("V4")
		a.loop("R1", func() {
			a.load("R0", 0)
			a.op("Get V5; F32x4Sub; Set V0")
			a.exp()
			a.store("R0", 0, func() { a.op("Get V0") })
			a.op("Get V4; Get V0; F32x4Add; Set V4")
			a.add("R0", 16)
		})
		a.result(at, func() { a.sumLanes("V4") })
	})
	a.fn("swiGLU4", "dst []float32, gate []float32, up []float32", "", func(at map[string]string) {
		a.args(at, "dst", "gate", "up", "dst_len")
		a.shiftRight("R3", 2)
		a.loop("R3", func() {
			a.load("R1", 0)
			a.op("Tee V4; F32x4Neg; Set V0")
			a.exp()
			a.store("R0", 0, func() {
				a.op("Get V4")
				a.f32(1)
				a.op("Get V0; F32x4Add; F32x4Div")
				a.load("R2", 0)
				a.op("F32x4Mul")
			})
			a.add("R0", 16)
			a.add("R1", 16)
			a.add("R2", 16)
		})
	})
}

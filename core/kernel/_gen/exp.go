package main

import "math"

// expConstants are held in vector registers, from the first that is free, since V8
// builds a constant in place, with five instructions, wherever it stands. What finds
// no register is at the end, and used once.
var expConstants = []float32{
	1, 12582912, // used more than once
	1.44269504088896341, 0.693359375, -2.12194440e-4, // reduction
	5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4, // polynomial
}

// setExpConstants fills registers from first on with as many of them as there are.
func (a *asm) setExpConstants(first int) {
	for i, c := range expConstants[:min(len(expConstants), 16-first)] {
		a.f32(c)
		a.op("Set V%d", first+i)
	}
}

// exp replaces V0 by its exponential, using V1..V3 and the constants from register
// first on; negative says that it is no more than zero. The steps are those of Exp
// in exp.go.
func (a *asm) exp(first int, negative bool) {
	constant := func(i int) {
		if first+i < 16 {
			a.op("Get V%d", first+i)
		} else {
			a.f32(expConstants[i])
		}
	}
	a.comment("V0 = exp(V0): V1 = n, V2 = r, V3 = polynomial")
	a.op("Get V0")
	a.f32(-104)
	a.op("F32x4Pmax")
	if !negative {
		a.f32(89)
		a.op("F32x4Pmin")
	}
	a.op("Tee V0")
	constant(2)
	a.op("F32x4Mul")
	constant(1)
	a.op("F32x4Add; Set V1; Get V0; Get V1")
	constant(1)
	a.op("F32x4Sub; Tee V3")
	constant(3)
	a.op("F32x4Mul; F32x4Sub; Get V3")
	constant(4)
	a.op("F32x4Mul; F32x4Sub; Set V2")
	constant(10)
	for i := 9; i >= 5; i-- {
		a.op("Get V2; F32x4Mul")
		constant(i)
		a.op("F32x4Add")
	}
	a.op("Get V2; Get V2; F32x4Mul; F32x4Mul; Get V2; F32x4Add")
	constant(0)
	a.op("F32x4Add; Set V0")
	a.comment("2^n in two factors; the shift leaves of V1 = n + the bits of 1.5*2^23 only n, and adding 1.0 is 127<<23")
	a.op("Get V1; I32Const $1; I32x4ShrS; Set V3")
	power := func() {
		a.op("I32Const $23; I32x4Shl")
		constant(0)
		a.op("I32x4Add; F32x4Mul")
	}
	a.op("Get V0; Get V3")
	power()
	a.op("Get V1; Get V3; I32x4Sub")
	power()
	a.op("Set V0")
}

func genExp(a *asm) {
	a.fn("max4", "x []float32", "float32", func(at map[string]string) {
		a.args(at, "x", "x_len")
		a.shiftRight("R1", 2)
		a.f32(float32(math.Inf(-1)))
		a.op("Set V0")
		a.loop("R1", func() {
			a.op("Get V0")
			a.load("R0", 0)
			a.op("F32x4Pmax; Set V0")
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
		a.setExpConstants(6)
		a.loop("R1", func() {
			a.load("R0", 0)
			a.op("Get V5; F32x4Sub; Set V0")
			a.exp(6, true)
			a.store("R0", 0, func() { a.op("Get V0") })
			a.op("Get V4; Get V0; F32x4Add; Set V4")
			a.add("R0", 16)
		})
		a.result(at, func() { a.sumLanes("V4") })
	})
	a.fn("swiGLU4", "dst []float32, gate []float32, up []float32", "", func(at map[string]string) {
		a.args(at, "dst", "gate", "up", "dst_len")
		a.shiftRight("R3", 2)
		a.setExpConstants(5)
		a.loop("R3", func() {
			a.load("R1", 0)
			a.op("Tee V4; F32x4Neg; Set V0")
			a.exp(5, false)
			a.store("R0", 0, func() {
				a.op("Get V4; Get V5; Get V0; F32x4Add; F32x4Div")
				a.load("R2", 0)
				a.op("F32x4Mul")
			})
			a.add("R0", 16)
			a.add("R1", 16)
			a.add("R2", 16)
		})
	})
}

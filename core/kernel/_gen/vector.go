package main

// genVector writes the value-by-value operations, one vector a step: they are
// bound by memory and calls, not by arithmetic.
func genVector(a *asm) {
	// each walks R0 (dst), R1, R2 for R3 vectors; value pushes the result from
	// the vectors at those registers and V15, the scalar in all lanes.
	each := func(at map[string]string, slices []string, scalar bool, value func()) {
		a.args(at, slices...)
		a.op("I64Load %s; Set R3", at[slices[0]+"_len"])
		a.shiftRight("R3", 2)
		if scalar {
			a.op("F32Load %s; F32x4Splat; Set V15", at["a"])
		}
		a.loop("R3", func() {
			a.store("R0", 0, value)
			for i := range slices {
				a.add(regs("R", 0, 3)[i], 16)
			}
		})
	}
	a.fn("add4", "dst []float32, x []float32", "", func(at map[string]string) {
		each(at, []string{"dst", "x"}, false, func() {
			a.load("R0", 0)
			a.load("R1", 0)
			a.op("F32x4Add")
		})
	})
	a.fn("axpy4", "dst []float32, x []float32, a float32", "", func(at map[string]string) {
		each(at, []string{"dst", "x"}, true, func() {
			a.load("R0", 0)
			a.load("R1", 0)
			a.op("Get V15; F32x4Mul; F32x4Add")
		})
	})
	a.fn("scale4", "x []float32, a float32", "", func(at map[string]string) {
		each(at, []string{"x"}, true, func() {
			a.load("R0", 0)
			a.op("Get V15; F32x4Mul")
		})
	})
	a.fn("mulScaled4", "dst []float32, x []float32, w []float32, a float32", "", func(at map[string]string) {
		each(at, []string{"dst", "x", "w"}, true, func() {
			a.load("R1", 0)
			a.op("Get V15; F32x4Mul")
			a.load("R2", 0)
			a.op("F32x4Mul")
		})
	})
}

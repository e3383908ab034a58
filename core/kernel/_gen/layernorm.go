package main

// genLayerNorm writes the sum, in the lanes of dot8, and the difference with a scalar.
func genLayerNorm(a *asm) {
	a.fn("sum8", "x []float32", "float32", func(at map[string]string) {
		a.args(at, "x", "x_len")
		a.shiftRight("R1", 3)
		a.zero("V0", "V1")
		a.loop("R1", func() {
			for i, v := range regs("V", 0, 2) {
				a.op("Get %s", v)
				a.load("R0", 16*i)
				a.op("F32x4Add; Set %s", v)
			}
			a.add("R0", 32)
		})
		a.op("Get V0; Get V1; F32x4Add; Set V0")
		a.result(at, func() { a.sumLanes("V0") })
	})
	a.fn("subtract4", "dst []float32, x []float32, a float32", "", func(at map[string]string) {
		a.args(at, "dst", "x", "dst_len")
		a.shiftRight("R2", 2)
		a.op("F32Load %s; F32x4Splat; Set V0", at["a"])
		a.loop("R2", func() {
			a.store("R0", 0, func() {
				a.load("R1", 0)
				a.op("Get V0; F32x4Sub")
			})
			a.add("R0", 16)
			a.add("R1", 16)
		})
	})
}

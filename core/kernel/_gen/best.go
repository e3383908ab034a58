package main

import "math"

// genBest: pmax(a, b) is b where a < b, so a NaN in b leaves a.
func genBest(a *asm) {
	a.fn("chunkMax64", "dst []float32, x []float32", "", func(at map[string]string) {
		a.args(at, "dst", "x", "dst_len")
		a.loop("R2", func() {
			for i := range 4 {
				a.f32(float32(math.Inf(-1)))
				a.op("Set V%d", i)
			}
			for i := range 16 {
				a.op("Get V%d", i%4)
				a.load("R1", 16*i)
				a.op("F32x4Pmax; Set V%d", i%4)
			}
			a.op("Get V0; Get V1; F32x4Pmax; Get V2; Get V3; F32x4Pmax; F32x4Pmax; Set V0")
			a.op("Get R0; I32WrapI64")
			a.op("Get V0; F32x4ExtractLane $0, $0; Get V0; F32x4ExtractLane $0, $1; F32Max")
			a.op("Get V0; F32x4ExtractLane $0, $2; Get V0; F32x4ExtractLane $0, $3; F32Max; F32Max")
			a.op("F32Store $0")
			a.add("R0", 4)
			a.add("R1", 256)
		})
	})
}

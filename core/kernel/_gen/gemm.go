package main

import "fmt"

// genUnpack writes the unpacking of packed weights to int16 and apart scales.
func genUnpack(a *asm) {
	unpack := func(at map[string]string, blockBytes, scalesAt int, block func()) {
		// R0 dst, R1 scales, R2 w, R3 bytes to go.
		a.args(at, "dst", "scales", "w", "w_len")
		a.op("Loop")
		block()
		a.store("R1", 0, func() { a.load("R2", scalesAt) })
		a.add("R0", 256)
		a.add("R1", 16)
		a.add("R2", blockBytes)
		a.op("Get R3; I64Const $%d; I64Sub; Tee R3; I64Const $0; I64GtS; BrIf $0; End", blockBytes)
	}
	a.fn("unpackInt8", "dst []int16, scales []float32, w []byte", "", func(at map[string]string) {
		unpack(at, 144, 128, func() {
			for c := range 8 {
				a.load("R2", 16*c)
				a.op("Set V0")
				a.store("R0", 32*c, func() { a.op("Get V0; I32Const $8; I16x8Shl; I32Const $8; I16x8ShrS") })
				a.store("R0", 32*c+16, func() { a.op("Get V0; I32Const $8; I16x8ShrS") })
			}
		})
	})
	a.fn("unpackInt4", "dst []int16, scales []float32, w []byte", "", func(at map[string]string) {
		unpack(at, 80, 64, func() {
			for c := range 4 {
				a.load("R2", 16*c)
				a.op("Set V0")
				for n := range 4 {
					a.store("R0", 64*c+16*n, func() {
						a.op("Get V0; I32Const $%d; I16x8ShrU", 4*n)
						a.op("V128Const $0x000F000F000F000F, $0x000F000F000F000F; V128And")
						a.op("V128Const $0x0008000800080008, $0x0008000800080008; I16x8Sub")
					})
				}
			}
		})
	})
}

// genGemm writes the inner loop of the matrix product: 2 groups of rows x tokens.
func genGemm(a *asm) {
	a.fn("gemm2x3", "dst []float32, rows int, w []int16, scales []float32, q []int16, d []float32, blocks int", "", func(at map[string]string) {
		a.gemm(at, 3)
	})
	a.fn("gemm2x1", "dst []float32, w []int16, scales []float32, q []int16, d []float32, blocks int", "", func(at map[string]string) {
		a.gemm(at, 1)
	})
}

// gemm: V0.. float sums [token][group], then integer sums [token][group], then
// the two weight vectors and the activation vector.
//
// R0 dst, R1, R2 weights of two groups, R3, R4 their scales, R5.. activations of
// the tokens, R8.. their scales, R11 blocks to go, R12 distance of two tokens in dst.
func (a *asm) gemm(at map[string]string, tokens int) {
	n := 2 * tokens
	sum := func(t, g int) string { return fmt.Sprintf("V%d", 2*t+g) }
	part := func(t, g int) string { return fmt.Sprintf("V%d", n+2*t+g) }
	w := regs("V", 2*n, 2)
	x := fmt.Sprintf("V%d", 2*n+2)
	a.op("I64Load %s; Set R0; I64Load %s; Set R1; I64Load %s; Set R3; I64Load %s; Set R5; I64Load %s; Set R8; I64Load %s; Set R11",
		at["dst"], at["w"], at["scales"], at["q"], at["d"], at["blocks"])
	a.op("Get R11; I64Const $256; I64Mul; Get R1; I64Add; Set R2")
	a.op("Get R11; I64Const $16; I64Mul; Get R3; I64Add; Set R4")
	if tokens > 1 {
		a.op("I64Load %s; I64Const $4; I64Mul; Set R12", at["rows"])
	}
	for t := 1; t < tokens; t++ {
		a.op("Get R%d; Get R11; I64Const $256; I64Mul; I64Add; Set R%d", 4+t, 5+t)
		a.op("Get R%d; Get R11; I64Const $4; I64Mul; I64Add; Set R%d", 7+t, 8+t)
	}
	a.zero(regs("V", 0, n)...)
	a.loop("R11", func() {
		for i := range 16 {
			for g := range 2 {
				a.load(fmt.Sprintf("R%d", 1+g), 16*i)
				a.op("Set %s", w[g])
			}
			for t := range tokens {
				a.load(fmt.Sprintf("R%d", 5+t), 16*i)
				a.op("Set %s", x)
				for g := range 2 {
					a.accumulate(part(t, g), i == 0, func() { a.op("Get %s; Get %s; I32x4DotI16x8S", w[g], x) })
				}
			}
		}
		for t := range tokens {
			for g := range 2 {
				a.op("Get %s; Get %s; F32x4ConvertI32x4S", sum(t, g), part(t, g))
				a.load(fmt.Sprintf("R%d", 3+g), 0)
				a.splat(fmt.Sprintf("R%d", 8+t), 0)
				a.op("F32x4Mul; F32x4Mul; F32x4Add; Set %s", sum(t, g))
			}
		}
		for _, r := range []string{"R1", "R2"} {
			a.add(r, 256)
		}
		for _, r := range []string{"R3", "R4"} {
			a.add(r, 16)
		}
		for t := range tokens {
			a.add(fmt.Sprintf("R%d", 5+t), 256)
			a.add(fmt.Sprintf("R%d", 8+t), 4)
		}
	})
	for t := range tokens {
		for g := range 2 {
			a.store("R0", 16*g, func() { a.op("Get %s", sum(t, g)) })
		}
		if t < tokens-1 {
			a.op("Get R0; Get R12; I64Add; Set R0")
		}
	}
}

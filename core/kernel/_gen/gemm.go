package main

import "fmt"

// unpack writes the unpacking of packed weights to int16, and of the scales and
// minima. R0 dst, R1 scales, R2 w, R3 bytes to go.
func (a *asm) unpack(at map[string]string, f format) {
	a.args(at, "dst", "scales", "w", "w_len")
	a.op("Loop")
	if f.bits == 8 {
		for c := range 8 {
			a.load("R2", 16*c)
			a.op("Set V0")
			a.store("R0", 32*c, func() { a.op("Get V0; I32Const $8; I16x8Shl; I32Const $8; I16x8ShrS") })
			a.store("R0", 32*c+16, func() { a.op("Get V0; I32Const $8; I16x8ShrS") })
		}
	} else {
		for c := range 4 {
			a.load("R2", 16*c)
			a.op("Set V0")
			for n := range 4 {
				a.store("R0", 64*c+16*n, func() {
					a.op("Get V0; I32Const $%d; I16x8ShrS", 4*n)
					const eights = "V128Const $0x0008000800080008, $0x0008000800080008"
					if n < 3 {
						a.op("V128Const $0x000F000F000F000F, $0x000F000F000F000F; V128And")
					}
					if n < 3 && !f.min {
						a.op(eights + "; I16x8Sub")
					} else if n == 3 && f.min {
						a.op(eights + "; I16x8Add")
					}
				})
			}
		}
	}
	for i := range f.vectors() {
		a.store("R1", 16*i, func() { a.load("R2", f.weightBytes()+16*i) })
	}
	a.add("R0", 256)
	a.add("R1", 16*f.vectors())
	a.add("R2", f.blockBytes())
	a.op("Get R3; I64Const $%d; I64Sub; Tee R3; I64Const $0; I64GtS; BrIf $0; End", f.blockBytes())
}

// gemm writes the inner loop of the matrix product: 2 groups of rows x tokens, first of
// half the blocks, then of the rest.
// V0.. float sums [token][group], then integer sums [token][group], then the two
// weight vectors and the activation vector, which is later the scaled sum.
//
// R0 dst, R1, R2 weights of two groups, R3, R4 their scales, R5.. activations of
// the tokens, R8.. their BlockScales, R11 blocks to go, R12 distance of two tokens in dst,
// R13 blocks of the second half, if it is to come, R15 dst now.
func (a *asm) gemm(at map[string]string, f format, tokens int) {
	n := 2 * tokens
	sum := func(t, g int) string { return fmt.Sprintf("V%d", 2*t+g) }
	part := func(t, g int) string { return fmt.Sprintf("V%d", n+2*t+g) }
	w := regs("V", 2*n, 2)
	x := fmt.Sprintf("V%d", 2*n+2)
	a.op("I64Load %s; Set R0; I64Load %s; Set R1; I64Load %s; Set R3; I64Load %s; Set R5; I64Load %s; Set R8; I64Load %s; Set R11",
		at["dst"], at["w"], at["scales"], at["q"], at["x"], at["blocks"])
	a.op("Get R11; I64Const $256; I64Mul; Get R1; I64Add; Set R2")
	a.op("Get R11; I64Const $%d; I64Mul; Get R3; I64Add; Set R4", 16*f.vectors())
	if tokens > 1 {
		a.op("I64Load %s; I64Const $4; I64Mul; Set R12", at["rows"])
	}
	for t := 1; t < tokens; t++ {
		a.op("Get R%d; Get R11; I64Const $256; I64Mul; I64Add; Set R%d", 4+t, 5+t)
		a.op("Get R%d; Get R11; I64Const $%d; I64Mul; I64Add; Set R%d", 7+t, scaleBytes, 8+t)
	}
	a.op("Get R11; I64Load %s; Tee R11; I64Sub; Set R13", at["half"])
	a.twoSums("R11", "R13", func() {
		a.zero(regs("V", 0, n)...)
		a.loop("R11", func() {
			for h := range f.halves() {
				steps := 16 / f.halves()
				for i := h * steps; i < (h+1)*steps; i++ {
					for g := range 2 {
						a.load(fmt.Sprintf("R%d", 1+g), 16*i)
						a.op("Set %s", w[g])
					}
					for t := range tokens {
						a.load(fmt.Sprintf("R%d", 5+t), 16*i)
						a.op("Set %s", x)
						for g := range 2 {
							a.accumulate(part(t, g), i == h*steps, func() { a.op("Get %s; Get %s; I32x4DotI16x8S", w[g], x) })
						}
					}
				}
				for t := range tokens {
					scales := fmt.Sprintf("R%d", 8+t)
					if f.min {
						a.scaledSum(f, scales, h)
						a.op("Set %s", x)
					}
					for g := range 2 {
						a.finish(f, h, finish{acc: sum(t, g), sum: part(t, g), w: fmt.Sprintf("R%d", 3+g), d: func() { a.splat(scales, 0) }, scaledSum: x})
					}
				}
			}
			for g := range 2 {
				a.add(fmt.Sprintf("R%d", 1+g), 256)
				a.add(fmt.Sprintf("R%d", 3+g), 16*f.vectors())
			}
			for t := range tokens {
				a.add(fmt.Sprintf("R%d", 5+t), 256)
				a.add(fmt.Sprintf("R%d", 8+t), scaleBytes)
			}
		})
		a.op("Get R0; Set R15")
		for t := range tokens {
			for g := range 2 {
				a.addTo("R15", 16*g, sum(t, g))
			}
			if t < tokens-1 {
				a.op("Get R15; Get R12; I64Add; Set R15")
			}
		}
	})
}

package main

import "fmt"

// The constants of package kernel.
const (
	tileGroups = 4
	tileTokens = 2
)

// unpack writes the unpacking of the packed weights of a group to int16, and of the scales
// and minima. R0 dst, R1 scales, R2 w, R3 bytes to go.
func (a *asm) unpack(at map[string]string, f format) {
	a.args(at, "dst", "scales", "w", "w_len")
	a.op("Loop")
	if f.bits == 8 {
		for c := range 8 {
			a.load("R2", 16*c)
			a.op("Set V0")
			a.store("R0", 32*c, func() { a.op("Get V0; I32Const $8; I16x8Shl") })
			a.store("R0", 32*c+16, func() { a.op("Get V0") })
		}
	} else {
		for c := range 4 {
			a.load("R2", 16*c)
			a.op("Set V0")
			for n := range 4 {
				a.store("R0", 64*c+16*n, func() {
					a.op("Get V0; I32Const $%d; I16x8ShrS", 4*n)
					const eights = "V128Const $0x0008000800080008, $0x0008000800080008"
					switch highest := n == 3; {
					case highest && f.min:
						a.op(eights + "; I16x8Add")
					case !highest:
						a.op("V128Const $0x000F000F000F000F, $0x000F000F000F000F; V128And")
						if !f.min {
							a.op(eights + "; I16x8Sub")
						}
					}
				})
			}
		}
	}
	for i := range f.vectors() {
		a.store("R1", 16*i, func() { a.load("R2", f.weightBytes()+16*i) })
	}
	a.add("R0", 256*tileGroups)
	a.add("R1", 16*f.vectors()*tileGroups)
	a.add("R2", f.blockBytes())
	a.op("Get R3; I64Const $%d; I64Sub; Tee R3; I64Const $0; I64GtS; BrIf $0; End", f.blockBytes())
}

// gemm writes the inner loop of the matrix product: 4 groups of rows x 2 tokens, for pairs of
// tokens. The float sums are in dst, where a block adds to them once; there are no registers
// left for them.
// V0.. integer sums [token][group], V8.. the groups' weights, V12 a token's activations,
// then in V12 a float sum, in V13 the token's scale, in V14 its scaled sum.
//
// R0.. dst of the tokens, R2 weights, R3 scales, R4.. activations of the tokens, R6.. their BlockScales, R8 blocks
// to go, R9 pairs to go, R10 distance of two tokens in dst, R11 and R12 of their activations and BlockScales, R13 and R14 from
// behind a token's blocks to those of the next pair.
func (a *asm) gemm(at map[string]string, f format) {
	part := func(t, g int) string { return fmt.Sprintf("V%d", tileGroups*t+g) }
	reg := func(first, t int) string { return fmt.Sprintf("R%d", first+t) }
	w := regs("V", 8, tileGroups)
	a.op("I64Load %s; Set R0; I64Load %s; Set R4; I64Load %s; Set R6; I64Load %s; Set R9", at["dst"], at["q"], at["x"], at["pairs"])
	a.op("I64Load %s; I64Const $2; I64Shl; Set R10", at["rows"])
	for i, size := range []int{256, scaleBytes} {
		a.op("I64Load %s; I64Const $%d; I64Mul; Tee R%d; I64Const $1; I64Shl; I64Load %s; I64Const $%d; I64Mul; I64Sub; Set R%d",
			at["stride"], size, 11+i, at["blocks"], size, 13+i)
	}
	a.loop("R9", func() {
		a.op("Get R0; Get R10; I64Add; Set R1; Get R4; Get R11; I64Add; Set R5; Get R6; Get R12; I64Add; Set R7")
		a.op("I64Load %s; Set R2; I64Load %s; Set R3; I64Load %s; Set R8", at["w"], at["scales"], at["blocks"])
		a.loop("R8", func() {
			for h := range f.halves() {
				steps := 16 / f.halves()
				for i := h * steps; i < (h+1)*steps; i++ {
					for g := range tileGroups {
						a.load("R2", 256*g+16*i)
						a.op("Set %s", w[g])
					}
					for t := range tileTokens {
						a.load(reg(4, t), 16*i)
						a.op("Set V12")
						for g := range tileGroups {
							a.accumulate(part(t, g), i == h*steps, func() { a.op("Get %s; Get V12; I32x4DotI16x8S", w[g]) })
						}
					}
				}
				for t := range tileTokens {
					a.splat(reg(6, t), 0)
					a.op("Set V13")
					if f.min {
						a.scaledSum(f, reg(6, t), h)
						a.op("Set V14")
					}
					for g := range tileGroups {
						a.load(reg(0, t), 16*g)
						a.op("Set V12")
						a.finish(f, h, finish{acc: "V12", sum: part(t, g), w: "R3", at: 16 * f.vectors() * g, d: "V13", scaledSum: "V14"})
						a.store(reg(0, t), 16*g, func() { a.op("Get V12") })
					}
				}
			}
			a.add("R2", 256*tileGroups)
			a.add("R3", 16*f.vectors()*tileGroups)
			for t := range tileTokens {
				a.add(reg(4, t), 256)
				a.add(reg(6, t), scaleBytes)
			}
		})
		a.op("Get R1; Get R10; I64Add; Set R0; Get R4; Get R13; I64Add; Set R4; Get R6; Get R14; I64Add; Set R6")
	})
}

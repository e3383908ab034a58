package main

import "fmt"

// genActivations writes the quantisers: per block the largest magnitude, the
// scale, and the integers spread as kernel.Activations says.
func genActivations(a *asm) {
	for _, bits := range []int{8, 4} {
		a.fn(fmt.Sprintf("quantizeFor%d", bits), "q []int16, blocks []BlockScale, x []float32", "", func(at map[string]string) { a.quantize(at, bits) })
	}
	genDifferences(a)
}

// quantize: R0 q, R1 blocks, R3 x, R4 blocks to go, R5, R6 largest bits; F0 inverse scale.
func (a *asm) quantize(at map[string]string, bits int) {
	a.args(at, "q", "blocks", "blocks", "x", "blocks_len")
	a.loop("R4", func() {
		a.comment("V0: largest magnitude, compared as integers")
		a.zero("V0")
		for i := range 8 {
			a.op("Get V0")
			a.load("R3", 16*i)
			a.op("F32x4Abs; I32x4MaxU; Set V0")
		}
		for lane := range 4 {
			a.op("Get V0; I32x4ExtractLane $0, $%d; I64ExtendI32U; Set R5", lane)
			if lane == 0 {
				a.op("Get R5; Set R6")
				continue
			}
			a.op("Get R5; Get R6; Get R5; Get R6; I64GtU; Select; Set R6")
		}
		a.scaleOfBlock(bits)
		a.comment("V1: inverse scale, V0: sums, V4: for 4 bits those of columns 4 to 7 of each eight, for 8 bits the odd integers; V2, V3: eight integers")
		a.op("Get F0; F32x4Splat; Set V1")
		for i := range 4 {
			if i%2 == 0 {
				a.zero("V0", "V4")
			}
			for half, v := range []string{"V2", "V3"} {
				a.load("R3", 32*i+16*half)
				a.op("Get V1; F32x4Mul; Tee %s; F32x4Nearest; I32x4TruncSatF32x4S", v)
				if bits == 4 {
					a.op("Set %s; Get V0; Get %s; I32x4Add; Set V0", v, v)
					continue
				}
				a.comment("V5: the odd integers in the even lanes; a 256th of them off the even values")
				a.op("I32Const $32; I64x2ShrU; Set V5")
				a.op("Get V4; Get V5; I32x4Add; Set V4")
				a.op("Get %s; Get V5; F32x4ConvertI32x4S", v)
				a.f32(1.0 / 256)
				a.op("F32x4Mul; F32x4Sub; F32x4Nearest; I32x4TruncSatF32x4S; Set %s", v)
				a.op("Get V0; Get %s; I32x4Add; Set V0", v)
			}
			if bits == 4 {
				a.op("Get V4; Get V3; I32x4Add; Set V4")
			}
			a.op("Get V2; Get V3; I16x8NarrowI32x4S; Set V2")
			for j := range 4 { // pairs (0,2) (1,3) (4,6) (5,7)
				k := byte(2 * (j/2*4 + j%2))
				var m [16]byte
				for l := range 4 {
					m[4*l], m[4*l+1], m[4*l+2], m[4*l+3] = k, k+1, k+4, k+5
				}
				a.store("R0", 64*i+16*j, func() {
					a.op("Get V2")
					a.bytes(m)
					a.op("I8x16Swizzle")
				})
			}
			if i%2 == 1 { // half of the block: its sums
				if bits == 8 {
					a.op("Get V0; I32Const $8; I32x4Shl; Get V4; I32x4Add; Set V0")
				}
				a.storeSum("V0", sumsAt+4*(i/2), 0, 1, 2, 3)
				if bits == 4 {
					a.storeSum("V4", topsAt+4*(i/2), 1, 3)
				} else {
					a.op("Get R1; I32WrapI64; I32Const $0; I32Store $%d", topsAt+4*(i/2))
				}
			}
		}
		a.add("R0", 256)
		a.add("R1", scaleBytes)
		a.add("R3", 128)
	})
}

// storeSum stores the sum of some lanes of v at R1 plus off.
func (a *asm) storeSum(v string, off int, lanes ...int) {
	a.op("Get R1; I32WrapI64")
	for i, lane := range lanes {
		a.op("Get %s; I32x4ExtractLane $0, $%d", v, lane)
		if i > 0 {
			a.op("I32Add")
		}
	}
	a.op("I32Store $%d", off)
}

// genDifferences writes the change of integers that products of few tokens with int4 need.
// R0 dst, R1 q, R2 fours of vectors to go.
func genDifferences(a *asm) {
	a.fn("differences", "dst []int16, q []int16", "", func(at map[string]string) {
		a.args(at, "dst", "q", "q_len")
		a.shiftRight("R2", 5)
		a.loop("R2", func() {
			for k := range 4 {
				a.store("R0", 16*k, func() {
					a.load("R1", 16*k)
					if k >= 1 {
						a.load("R1", 16*(k-1))
						a.op("I32Const $4; I16x8Shl; I16x8Sub")
					}
				})
			}
			a.add("R0", 64)
			a.add("R1", 64)
		})
	})
}

// scaleOfBlock stores the scale at R1, for 8 bits a 256th of it, and sets F0 to its inverse,
// from the bits of the largest magnitude in R6.
func (a *asm) scaleOfBlock(bits int) {
	const infBits, tinyBits, nan, maxActivation = 0x7F800000, 0x0D800000, 0x7FC00000, "1927.0"
	store := func(value string) { a.op("Get R1; I32WrapI64; %s; F32Store $0", value) }
	a.op("F32Const $(0.0); Set F0")
	a.op("Get R6; I64Const $%d; I64GeU; If", infBits)
	store(fmt.Sprintf("I32Const $%d; F32ReinterpretI32", nan))
	a.op("Else; Get R6; I64Const $%d; I64LtU; If", tinyBits)
	store("F32Const $(0.0)")
	a.op("Else; Get R6; I32WrapI64; F32ReinterpretI32; Set F1")
	scale := fmt.Sprintf("Get F1; F32Const $(%s); F32Div", maxActivation)
	if bits == 8 {
		scale += "; F32Const $(0.00390625); F32Mul"
	}
	store(scale)
	a.op("F32Const $(%s); Get F1; F32Div; Set F0; End; End", maxActivation)
}

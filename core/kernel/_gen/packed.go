package main

import "fmt"

// genPacked writes the products of packed matrices; docs/kernels.md has the layout.
func genPacked(a *asm) {
	a.fn("matVecInt8", "dst []float32, w []byte, q []int16, d []float32, s []int32", "", func(at map[string]string) {
		a.matVec(at, 144, func() { a.int8Block() })
	})
	a.fn("matVecInt4", "dst []float32, w []byte, q []int16, d []float32, s []int32", "", func(at map[string]string) {
		a.matVec(at, 80, func() { a.int4Block() })
	})
	genUnpack(a)
	genGemm(a)
}

// matVec walks four streams of groups, a quarter of the matrix apart. block adds
// one block of each stream to V0..V3 and may use the other vectors.
//
// R0 dst, R1 q, R2 d, R3 blocks to go, R4..R7 weights, R8 groups of a stream to
// go, R9 q, d, s from the start (R9, R10, R15), R11 blocks, R12 distance of two
// streams in dst, R13 dst now, R14 s.
func (a *asm) matVec(at map[string]string, blockBytes int, block func()) {
	a.args(at, "dst")
	a.op("I64Load %s; Set R9; I64Load %s; Set R10; I64Load %s; Set R11; I64Load %s; Set R15", at["q"], at["d"], at["d_len"], at["s"])
	a.op("I64Load %s; Set R8", at["dst_len"])
	a.shiftRight("R8", 4)
	a.op("I64Load %s; Set R4", at["w"])
	for i := range 3 {
		a.op("Get R%d; Get R8; Get R11; I64Mul; I64Const $%d; I64Mul; I64Add; Set R%d", 4+i, blockBytes, 5+i)
	}
	a.op("Get R8; I64Const $16; I64Mul; Set R12")
	a.loop("R8", func() {
		a.op("Get R9; Set R1; Get R10; Set R2; Get R15; Set R14; Get R11; Set R3")
		a.zero(regs("V", 0, 4)...)
		a.loop("R3", func() {
			block()
			for i := range 4 {
				a.add(fmt.Sprintf("R%d", 4+i), blockBytes)
			}
			a.add("R1", 256)
			a.add("R2", 4)
		})
		a.op("Get R0; Set R13")
		for i := range 4 {
			a.store("R13", 0, func() { a.op("Get V%d", i) })
			a.op("Get R13; Get R12; I64Add; Set R13")
		}
		a.add("R0", 16)
	})
}

// int8Block: sixteen bytes are four rows of four columns. In each int16 lane,
// the lane shifted left by 8 is 256 times its even byte, shifted right its odd
// byte; the even sums are shifted back at the end of the block, exactly.
// V4..V7: even sums, V8..V11: odd sums, V12, V13: activations, V14: weights.
func (a *asm) int8Block() {
	for c := range 8 {
		a.load("R1", 32*c)
		a.op("Set V12")
		a.load("R1", 32*c+16)
		a.op("Set V13")
		for s := range 4 {
			even, odd := fmt.Sprintf("V%d", 4+s), fmt.Sprintf("V%d", 8+s)
			a.load(fmt.Sprintf("R%d", 4+s), 16*c)
			a.op("Set V14")
			a.accumulate(even, c == 0, func() { a.op("Get V14; I32Const $8; I16x8Shl; Get V12; I32x4DotI16x8S") })
			a.accumulate(odd, c == 0, func() { a.op("Get V14; I32Const $8; I16x8ShrS; Get V13; I32x4DotI16x8S") })
		}
	}
	for s := range 4 {
		a.op("Get V%d; Get V%d; I32Const $8; I32x4ShrS; Get V%d; I32x4Add", s, 4+s, 8+s)
		a.scaled(fmt.Sprintf("R%d", 4+s), 128)
		a.op("F32x4Add; Set V%d", s)
	}
}

// int4Block: sixteen bytes are four rows of eight columns; nibble n of every
// int16 lane meets activation vector n.
// V4..V7: sums, V8..V11: activations, V12: weights, V13: mask.
func (a *asm) int4Block() {
	a.op("V128Const $0x000F000F000F000F, $0x000F000F000F000F; Set V13")
	for c := range 4 {
		for n := range 4 {
			a.load("R1", 64*c+16*n)
			a.op("Set V%d", 8+n)
		}
		for s := range 4 {
			a.load(fmt.Sprintf("R%d", 4+s), 16*c)
			a.op("Set V12")
			for n := range 4 {
				a.accumulate(fmt.Sprintf("V%d", 4+s), c == 0 && n == 0, func() {
					a.op("Get V12")
					if n > 0 {
						a.op("I32Const $%d; I16x8ShrU", 4*n)
					}
					if n < 3 {
						a.op("Get V13; V128And")
					}
					a.op("Get V%d; I32x4DotI16x8S", 8+n)
				})
			}
		}
	}
	a.comment("V14: eight times the sum of the activations, since a nibble is the weight plus 8")
	a.op("Get R14; I32WrapI64; I32Load $0; I32Const $3; I32Shl; I32x4Splat; Set V14")
	for s := range 4 {
		a.op("Get V%d; Get V%d; Get V14; I32x4Sub", s, 4+s)
		a.scaled(fmt.Sprintf("R%d", 4+s), 64)
		a.op("F32x4Add; Set V%d", s)
	}
	a.add("R14", 4)
}

// accumulate adds what value pushes to an integer vector, or sets it when first.
func (a *asm) accumulate(v string, first bool, value func()) {
	if first {
		value()
		a.op("Set %s", v)
		return
	}
	a.op("Get %s", v)
	value()
	a.op("I32x4Add; Set %s", v)
}

// scaled turns the integer vector on the stack into float32, times the weights'
// scales at r plus off and the activations' scale at R2.
func (a *asm) scaled(r string, off int) {
	a.op("F32x4ConvertI32x4S")
	a.load(r, off)
	a.splat("R2", 0)
	a.op("F32x4Mul; F32x4Mul")
}

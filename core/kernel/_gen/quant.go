package main

import "fmt"

// genQuant writes the packing of file formats, which package quant does at load.
func genQuant(a *asm) {
	a.fn("packGroupQ8_0", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 34, format{8, 32, false}, func(r int) {
			for c := range 8 {
				a.copy32("R0", 16*c+4*r, fmt.Sprintf("R%d", 1+r), 2+4*c)
			}
		})
	})
	a.fn("packGroupQ4_0", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 18, format{4, 32, false}, a.packNibblesQ4_0)
	})
	a.fn("lookUp16", "q []int8, qs []byte, table []int8", "", func(at map[string]string) {
		a.args(at, "q", "qs", "table", "qs_len")
		a.load("R2", 0)
		a.op("Set V0")
		a.shiftRight("R3", 4)
		a.loop("R3", func() {
			a.load("R1", 0)
			a.op("Set V1")
			a.store("R0", 0, func() {
				a.op("Get V0; Get V1; V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F; V128And; I8x16Swizzle")
			})
			a.store("R0", 16, func() { a.op("Get V0; Get V1; I32Const $4; I8x16ShrU; I8x16Swizzle") })
			a.add("R0", 32)
			a.add("R1", 16)
		})
	})
	a.widen("widenF32", 16, func() { a.load("R1", 0) })
	a.widen("widenBF16", 8, func() {
		a.op("Get R1; I32WrapI64; I64Load $0; I64x2Splat")
		a.bytes([16]byte{255, 255, 0, 1, 255, 255, 2, 3, 255, 255, 4, 5, 255, 255, 6, 7})
		a.op("I8x16Swizzle")
	})
	a.widen("widenF16", 8, func() {
		a.op("Get R1; I32WrapI64; I64Load $0; I64x2Splat; I32x4ExtendLowI16x8U; Set V0")
		a.halves()
	})
}

// widen writes a function that makes float32 of n bytes, four values, at a time.
// value pushes them from register R1; V0.. are free.
func (a *asm) widen(name string, n int, value func()) {
	a.fn(name, "dst []float32, src []byte", "", func(at map[string]string) {
		a.args(at, "dst", "src", "dst_len")
		a.shiftRight("R2", 2)
		a.loop("R2", func() {
			a.store("R0", 0, value)
			a.add("R0", 16)
			a.add("R1", n)
		})
	})
}

// halves pushes the float32 of the four binary16 in the int32 lanes of V0. V1, V2
// are overwritten.
func (a *asm) halves() {
	a.comment("V1: the magnitude at float32's place, its exponent rebased")
	a.op("Get V0")
	a.i32(0x7fff)
	a.op("V128And; I32Const $13; I32x4Shl; Tee V1")
	a.comment("Below 2^-14 there is no leading one: put one in and take it off again.")
	a.i32(0x00800000)
	a.op("I32x4LtU; Set V2")
	a.op("Get V1")
	a.i32(112 << 23)
	a.op("I32x4Add; Get V2")
	a.i32(0x00800000)
	a.op("V128And; I32x4Add; Get V2")
	a.i32(113 << 23)
	a.op("V128And; F32x4Sub")
	a.comment("Infinities and NaN have all bits of the exponent; then the sign.")
	a.op("Get V1")
	a.i32(0x0f7fffff)
	a.op("I32x4GtU")
	a.i32(0x7f800000)
	a.op("V128And; V128Or; Get V0")
	a.i32(0x8000)
	a.op("V128And; I32Const $16; I32x4Shl; V128Or")
}

// packFile packs blocks of a binary16 scale and integers, size bytes each, of four
// rows. weights packs the integers of a row.
//
// R0 dst, R1..R4 rows of src, R5 blocks to go, R6 distance of two rows.
func (a *asm) packFile(at map[string]string, size int, f format, weights func(r int)) {
	a.args(at, "dst", "src")
	a.op("I64Load %s; Tee R5; I64Const $%d; I64Mul; Set R6", at["blocks"], size)
	for r := range 3 {
		a.op("Get R%d; Get R6; I64Add; Set R%d", 1+r, 2+r)
	}
	a.loop("R5", func() {
		for r := range 4 {
			weights(r)
		}
		for r := range 4 {
			if r > 0 {
				a.op("Get V0")
			}
			a.op("Get R%d; I32WrapI64; I32Load16U $0", 1+r)
			if r == 0 {
				a.op("I32x4Splat; Set V0")
			} else {
				a.op("I32x4ReplaceLane $0, $%d; Set V0", r)
			}
		}
		a.store("R0", f.weightBytes(), a.halves)
		a.add("R0", f.blockBytes())
		for r := range 4 {
			a.add(fmt.Sprintf("R%d", 1+r), size)
		}
	})
}

// packNibblesQ4_0 packs row r: 16 bytes with columns 0..15 in the low nibbles and
// 16..31 in the high ones.
func (a *asm) packNibblesQ4_0(r int) {
	a.load(fmt.Sprintf("R%d", 1+r), 2)
	a.op("Set V0")
	for half := range 2 {
		a.op("Get V0")
		if half == 1 {
			a.op("I32Const $4; I16x8ShrU")
		}
		a.op("V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F; V128And; Tee V1; Get V1; I32Const $4; I16x8ShrU; V128Or")
		a.bytes(pairsOrder)
		a.op("I8x16Swizzle; Set V1")
		for lane := range 2 {
			a.op("Get R0; I32WrapI64; Get V1; I32x4ExtractLane $0, $%d; I32Store $%d", lane, 16*(2*half+lane)+4*r)
		}
	}
}

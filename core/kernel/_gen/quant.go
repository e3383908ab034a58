package main

// genQuant writes the packing of file formats, which package quant does at load.
func genQuant(a *asm) {
	a.fn("packGroupQ8_0", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 34, format{8, 32, false}, func() { a.packBytes32("R9", 0, "R8", 2) })
	})
	a.fn("packGroupQ4_0", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 18, format{4, 32, false}, func() { a.packNibbles32(2) })
	})
	a.fn("packGroupQ4_1", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 20, format{4, 32, true}, func() { a.packNibbles32(4) })
	})
	a.fn("packGroupQ5_0", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 22, format{8, 32, false}, func() { a.packFiveBits(2, 16) })
	})
	a.fn("packGroupQ5_1", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 24, format{8, 32, true}, func() { a.packFiveBits(4, 0) })
	})
	a.fn("packGroupQ2_K", "dst []byte, src []byte, blocks int", "", a.packQ2_K)
	a.fn("packGroupQ3_K", "dst []byte, src []byte, blocks int", "", a.packQ3_K)
	a.fn("packGroupQ4_K", "dst []byte, src []byte, blocks int", "", a.packQ4_K)
	a.fn("packGroupQ5_K", "dst []byte, src []byte, blocks int", "", a.packQ5_K)
	a.fn("packGroupQ6_K", "dst []byte, src []byte, blocks int", "", a.packQ6_K)
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

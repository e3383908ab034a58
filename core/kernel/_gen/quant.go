package main

import "fmt"

// genQuant writes the packing of file formats, which package quant does at load.
func genQuant(a *asm) {
	a.fn("packGroupQ8_0", "dst []byte, src []byte, blocks int", "", func(at map[string]string) {
		a.packFile(at, 34, format{8, 32, false}, func() {
			for c := range 8 {
				a.copy32("R9", 16*c, "R8", 2+4*c)
			}
		})
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

// packFile packs blocks of a binary16 scale, with minima one that is added, and integers,
// size bytes each, of four rows. weights packs the integers of a row, as for eachRow.
func (a *asm) packFile(at map[string]string, size int, f format, weights func()) {
	a.fourRows(at, size, f.blockBytes(), func() {
		a.eachRow(weights)
		a.gather("I32Load16U", 0, "V0")
		a.store("R0", f.weightBytes(), a.halves)
		if f.min {
			a.gather("I32Load16U", 2, "V0")
			a.store("R0", f.weightBytes()+16, func() {
				a.halves()
				a.op("F32x4Neg")
			})
		}
	})
}

// fourRows runs body for each block of size bytes of a row, which becomes packed bytes
// with those of the other three.
//
// R0 dst, R1..R4 rows of src, R5 blocks to go, R6 distance of two rows; V14 and V15 are
// what nibblesOf and packPairs use.
func (a *asm) fourRows(at map[string]string, size, packed int, body func()) {
	a.args(at, "dst", "src")
	a.op("I64Load %s; Tee R5; I64Const $%d; I64Mul; Set R6", at["blocks"], size)
	for r := range 3 {
		a.op("Get R%d; Get R6; I64Add; Set R%d", 1+r, 2+r)
	}
	a.i32(0x0f0f0f0f)
	a.op("Set V14")
	a.bytes(pairsOrder)
	a.op("Set V15")
	a.loop("R5", func() {
		body()
		a.add("R0", packed)
		for r := range 4 {
			a.add(fmt.Sprintf("R%d", 1+r), size)
		}
	})
}

// eachRow runs body, in fourRows, for each row: R8 is the row, R9 where it belongs in dst.
// R7 is overwritten.
func (a *asm) eachRow(body func()) {
	a.op("Get R1; Set R8; Get R0; Set R9; I64Const $4; Set R7")
	a.loop("R7", func() {
		body()
		a.op("Get R8; Get R6; I64Add; Set R8")
		a.add("R9", 4)
	})
}

// gather sets the int32 lanes of a vector register to what the instruction loads of the
// four rows, at off.
func (a *asm) gather(load string, off int, v string) {
	for r := range 4 {
		if r > 0 {
			a.op("Get %s", v)
		}
		a.op("Get R%d; I32WrapI64; %s $%d", 1+r, load, off)
		if r == 0 {
			a.op("I32x4Splat; Set %s", v)
		} else {
			a.op("I32x4ReplaceLane $0, $%d; Set %s", r, v)
		}
	}
}

// packNibbles32 packs a row: 16 bytes at off with columns 0..15 in the low nibbles and
// 16..31 in the high ones.
func (a *asm) packNibbles32(off int) {
	a.load("R8", off)
	a.op("Set V0")
	for half := range 2 {
		a.nibblesOf("V0", half)
		a.packPairs(32 * half)
	}
}

// packFiveBits packs a row: as packNibbles32, with a fifth bit for each column in the
// four bytes at off, before the nibbles; less 16 or 0.
func (a *asm) packFiveBits(off, less int) {
	a.load("R8", off+4)
	a.op("Set V2; Get R8; I32WrapI64; I32Load $%d; I32x4Splat; Set V3", off)
	a.op("V128Const $0x8040201008040201, $0x8040201008040201; Set V13")
	for half := range 2 {
		a.nibblesOf("V2", half)
		a.comment("the byte that has the bits of eight columns, in all of them")
		a.op("Get V3")
		var at [16]byte
		for i := range at {
			at[i] = byte(2*half + i/8)
		}
		a.bytes(at)
		a.op("I8x16Swizzle; Get V13; V128And; Get V13")
		if less == 16 { // without its fifth bit, a nibble less 16 has the upper four
			a.op("I8x16Ne")
			a.i32(0xf0f0f0f0)
		} else {
			a.op("I8x16Eq")
			a.i32(0x10101010)
		}
		a.op("V128And; V128Or; Set V0")
		a.packBytes(64 * half)
	}
}

// nibblesOf pushes the low nibbles of a vector register's bytes, or the high ones.
func (a *asm) nibblesOf(v string, high int) {
	a.op("Get %s", v)
	if high == 1 {
		a.op("I32Const $4; I16x8ShrU")
	}
	a.op("Get V14; V128And")
}

// packPairs packs the 16 nibbles that are pushed, of a row, to off and 16 bytes behind
// it. V1 is overwritten.
func (a *asm) packPairs(off int) {
	a.op("Tee V1; Get V1; I32Const $4; I16x8ShrU; V128Or; Get V15; I8x16Swizzle; Set V1")
	for lane := range 2 {
		a.op("Get R9; I32WrapI64; Get V1; I32x4ExtractLane $0, $%d; I32Store $%d", lane, off+16*lane)
	}
}

// packQ2_K packs blocks of Q2_K (quant.Q2_K has the format).
func (a *asm) packQ2_K(at map[string]string) {
	f := format{4, 16, true}
	a.fourRows(at, 84, 8*f.blockBytes(), func() {
		for i := range 2 {
			a.gather("I32Load16U", 80+2*i, "V0")
			a.halves()
			a.op("Set V%d", 3+i)
		}
		for i := range 16 {
			if i%4 == 0 {
				a.gather("I32Load", i, "V5")
				a.nibblesOf("V5", 0)
				a.op("Set V6")
				a.nibblesOf("V5", 1)
				a.op("Set V7")
			}
			a.packScale(f, i, 0, "V6", 0, "V3")
			a.packScale(f, i, 1, "V7", 0, "V4")
		}
		a.i32(0x03030303)
		a.op("Set V13")
		a.eachRow(func() {
			for i := range 4 { // 16 columns of each of four blocks
				a.load("R8", 16+16*i)
				a.op("Set V0")
				for j := range 4 {
					a.bitsOf("V0", -2*j, "V13")
					a.packPairs((4*(i/2)+j)*f.blockBytes() + i%2*32)
				}
			}
		})
	})
}

// packQ3_K packs blocks of Q3_K (quant.Q3_K has the format).
func (a *asm) packQ3_K(at map[string]string) {
	f := format{4, 16, false}
	a.fourRows(at, 110, 8*f.blockBytes(), func() {
		a.gather("I32Load16U", 108, "V0")
		a.halves()
		a.op("Set V3")
		for i := range 3 {
			a.gather("I32Load", 96+4*i, fmt.Sprintf("V%d", 4+i))
		}
		a.i32(0x30303030)
		a.op("Set V13")
		for i := range 16 {
			if k := i / 4; i%4 == 0 {
				a.nibblesOf(fmt.Sprintf("V%d", 4+k%2), k/2)
				a.bitsOf("V6", 4-2*k, "V13")
				a.op("V128Or; Set V7")
			}
			a.packScale(f, i, 0, "V7", 32, "V3")
		}
		for i, mask := range []uint32{0x04040404, 0x03030303} {
			a.i32(mask)
			a.op("Set V%d", 12+i)
		}
		a.eachRow(func() {
			for i := range 4 { // 16 columns of each of four blocks
				a.load("R8", 32+16*i)
				a.op("Set V0")
				a.load("R8", 16*(i%2))
				a.op("Set V2")
				for j := range 4 {
					block := 4*(i/2) + j
					a.bitsOf("V0", -2*j, "V13")
					a.bitsOf("V2", 2-block, "V12")
					a.comment("less 4, and a nibble is the weight plus 8")
					a.op("V128Or; Get V12; I8x16Add")
					a.packPairs(block*f.blockBytes() + i%2*32)
				}
			}
		})
	})
}

// packScale packs scale i of a block of 256 columns, or its minimum: byte i mod 4 of each
// lane of v, less a number, times d.
func (a *asm) packScale(f format, i, min int, v string, less int, d string) {
	block, h := i*f.group/32, i*f.group%32/16
	a.store("R0", block*f.blockBytes()+f.weightBytes()+16*(min*f.halves()+h), func() {
		a.op("Get %s; I32Const $%d; I32x4ShrU", v, 8*(i%4))
		a.i32(0xff)
		a.op("V128And")
		if less > 0 {
			a.i32(uint32(less))
			a.op("I32x4Sub")
		}
		a.op("F32x4ConvertI32x4S; Get %s; F32x4Mul", d)
	})
}

// packQ4_K packs blocks of Q4_K (quant.Q4_K has the format).
func (a *asm) packQ4_K(at map[string]string) {
	f := format{4, 32, true}
	a.fourRows(at, 144, 8*f.blockBytes(), func() {
		a.sixBitScales(f)
		a.eachRow(func() {
			for i := range 8 { // 16 bytes, of two blocks
				a.load("R8", 16+16*i)
				a.op("Set V0")
				for high := range 2 {
					a.nibblesOf("V0", high)
					a.packPairs((i/2*2+high)*f.blockBytes() + i%2*32)
				}
			}
		})
	})
}

// packQ5_K packs blocks of Q5_K (quant.Q5_K has the format).
func (a *asm) packQ5_K(at map[string]string) {
	f := format{8, 32, true}
	a.fourRows(at, 176, 8*f.blockBytes(), func() {
		a.sixBitScales(f)
		a.i32(0x10101010)
		a.op("Set V13")
		a.eachRow(func() {
			for l := 0; l < 32; l += 16 { // 16 columns of all blocks
				a.load("R8", 16+l)
				a.op("Set V7")
				for block := range 8 {
					if block%2 == 0 {
						a.load("R8", 48+16*block+l)
						a.op("Set V5")
					}
					a.nibblesOf("V5", block%2)
					a.bitsOf("V7", 4-block, "V13")
					a.op("V128Or; Set V0")
					a.packBytes(block*f.blockBytes() + 4*l)
				}
			}
		})
	})
}

// sixBitScales packs the scales and minima of eight blocks of Q4_K or Q5_K.
// V0..V11 are overwritten.
func (a *asm) sixBitScales(f format) {
	a.comment("V3, V4: d and dmin")
	for i := range 2 {
		a.gather("I32Load16U", 2*i, "V0")
		a.halves()
		a.op("Set V%d", 3+i)
	}
	a.comment("V8..V11: the bytes of scales 0..3, of minima 0..3, of scales 4..7, of minima 4..7")
	for i := range 3 {
		a.gather("I32Load", 4+4*i, fmt.Sprintf("V%d", 5+i))
	}
	for i := range 2 {
		a.op("Get V%d", 5+i)
		a.i32(0x3f3f3f3f)
		a.op("V128And; Set V%d", 8+i)
		a.nibblesOf("V7", i)
		a.op("Get V%d; I32Const $2; I32x4ShrU", 5+i)
		a.i32(0x30303030)
		a.op("V128And; V128Or; Set V%d", 10+i)
	}
	for i := range 8 {
		a.packScale(f, i, 0, fmt.Sprintf("V%d", 8+i/4*2), 0, "V3")
		a.packScale(f, i, 1, fmt.Sprintf("V%d", 9+i/4*2), 0, "V4")
	}
}

// bitsOf pushes a vector register shifted left, or right where shift is negative, and
// masked by another. The mask must leave out what comes from the neighbouring byte.
func (a *asm) bitsOf(v string, shift int, mask string) {
	a.op("Get %s", v)
	switch {
	case shift > 0:
		a.op("I32Const $%d; I16x8Shl", shift)
	case shift < 0:
		a.op("I32Const $%d; I16x8ShrU", -shift)
	}
	a.op("Get %s; V128And", mask)
}

// packBytes packs the 16 bytes in V0, of a row, to off and every 16 bytes behind it.
func (a *asm) packBytes(off int) {
	for c := range 4 {
		a.op("Get R9; I32WrapI64; Get V0; I32x4ExtractLane $0, $%d; I32Store $%d", c, off+16*c)
	}
}

// packQ6_K packs blocks of Q6_K (quant.Q6_K has the format).
func (a *asm) packQ6_K(at map[string]string) {
	f := format{8, 16, false}
	a.fourRows(at, 210, 8*f.blockBytes(), func() {
		a.i32(0x0f0f0f0f)
		a.op("Set V14")
		a.i32(0x30303030)
		a.op("Set V13")
		a.i32(0x20202020)
		a.op("Set V12")
		a.gather("I32Load16U", 208, "V0")
		a.halves()
		a.op("Set V3")
		for i := range 16 {
			if i%4 == 0 {
				a.gather("I32Load", 192+i, "V4")
			}
			a.store("R0", i/2*f.blockBytes()+f.weightBytes()+i%2*16, func() {
				a.op("Get V4; I32Const $%d; I32x4Shl; I32Const $24; I32x4ShrS; F32x4ConvertI32x4S; Get V3; F32x4Mul", 24-8*(i%4))
			})
		}
		a.eachRow(func() {
			for i := range 4 { // 16 columns of each of four blocks
				half, l := i/2, i%2*16
				for k, off := range []int{64*half + l, 64*half + 32 + l, 128 + 32*half + l} {
					a.load("R8", off)
					a.op("Set V%d", 5+k)
				}
				for block := range 4 {
					a.nibblesOf(fmt.Sprintf("V%d", 5+block%2), block/2)
					a.bitsOf("V7", 4-2*block, "V13")
					a.op("V128Or; Get V12; I8x16Sub; Set V0")
					a.packBytes((4*half+block)*f.blockBytes() + 4*l)
				}
			}
		})
	})
}

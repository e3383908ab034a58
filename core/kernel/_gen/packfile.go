package main

import "fmt"

// packFile packs blocks of a binary16 scale, with minima one that is added, and integers,
// size bytes each, of four rows. weights packs the integers of a row, as for eachRow.
func (a *asm) packFile(at map[string]string, size int, f format, weights func()) {
	a.fourRows(at, size, f.blockBytes(), func() {
		a.eachRow(weights)
		a.store("R0", f.weightBytes(), func() { a.gatherHalves(0) })
		if f.min {
			a.store("R0", f.weightBytes()+16, func() {
				a.gatherHalves(2)
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

// gatherHalves pushes the float32 of the binary16 at off of the four rows. V0..V2 are
// overwritten.
func (a *asm) gatherHalves(off int) {
	a.gather("I32Load16U", off, "V0")
	a.halves()
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
		a.packBytes("R9", 64*half)
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

// packPairs packs the 16 nibbles that are pushed, of a row, to off and 16 bytes behind
// it. V1 is overwritten.
func (a *asm) packPairs(off int) {
	a.op("Tee V1; Get V1; I32Const $4; I16x8ShrU; V128Or; Get V15; I8x16Swizzle; Set V1")
	for lane := range 2 {
		a.op("Get R9; I32WrapI64; Get V1; I32x4ExtractLane $0, $%d; I32Const $%d; I32Xor; I32Store $%d", lane, topsOfPairs, off+16*lane)
	}
}

// packBytes32 packs the 32 integers of a row at register src plus from, to register dst plus to.
func (a *asm) packBytes32(dst string, to int, src string, from int) {
	for half := range 2 {
		a.load(src, from+16*half)
		a.op("Set V0")
		a.packBytes(dst, to+64*half)
	}
}

// packBytes packs the 16 integers in V0, of a row, to register dst plus off and every 16
// bytes behind it. V0 is overwritten.
func (a *asm) packBytes(dst string, off int) {
	a.comment("-128 counts as -127; an int16 is 256 times its odd byte plus the even one with its sign")
	a.op("Get V0; V128Const $0x8181818181818181, $0x8181818181818181; I8x16MaxS; Tee V0")
	a.op("Get V0; I32Const $1; I16x8Shl; V128Const $0x0100010001000100, $0x0100010001000100; V128And; I16x8Sub; Set V0")
	for c := range 4 {
		a.op("Get %s; I32WrapI64; Get V0; I32x4ExtractLane $0, $%d; I32Store $%d", dst, c, off+16*c)
	}
}

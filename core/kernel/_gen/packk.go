package main

import "fmt"

// packQ2_K packs blocks of Q2_K (quant.Q2_K has the format).
func (a *asm) packQ2_K(at map[string]string) {
	f := format{4, 16, true}
	a.fourRows(at, 84, 8*f.blockBytes(), func() {
		for i := range 2 {
			a.gatherHalves(80 + 2*i)
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
			a.packScale(f, i, 0, "V6", "I32x4ShrU", 0, "V3")
			a.packScale(f, i, 1, "V7", "I32x4ShrU", 0, "V4")
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
		a.gatherHalves(108)
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
			a.packScale(f, i, 0, "V7", "I32x4ShrU", 32, "V3")
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
					a.packBytes("R9", block*f.blockBytes()+4*l)
				}
			}
		})
	})
}

// packQ6_K packs blocks of Q6_K (quant.Q6_K has the format).
func (a *asm) packQ6_K(at map[string]string) {
	f := format{8, 16, false}
	a.fourRows(at, 210, 8*f.blockBytes(), func() {
		a.i32(0x30303030)
		a.op("Set V13")
		a.i32(0x20202020)
		a.op("Set V12")
		a.gatherHalves(208)
		a.op("Set V3")
		for i := range 16 {
			if i%4 == 0 {
				a.gather("I32Load", 192+i, "V4")
			}
			a.packScale(f, i, 0, "V4", "I32x4ShrS", 0, "V3")
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
					a.packBytes("R9", (4*half+block)*f.blockBytes()+4*l)
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
		a.gatherHalves(2 * i)
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
		a.packScale(f, i, 0, fmt.Sprintf("V%d", 8+i/4*2), "I32x4ShrU", 0, "V3")
		a.packScale(f, i, 1, fmt.Sprintf("V%d", 9+i/4*2), "I32x4ShrU", 0, "V4")
	}
}

// packScale packs scale i of a block of 256 columns, or its minimum: byte i mod 4 of each
// lane of v, with a sign or without by the kind of shift, less a number, times d.
func (a *asm) packScale(f format, i, min int, v, shift string, less int, d string) {
	block, h := i*f.group/32, i*f.group%32/16
	a.store("R0", block*f.blockBytes()+f.weightBytes()+16*(min*f.halves()+h), func() {
		a.op("Get %s; I32Const $%d; I32x4Shl; I32Const $24; %s", v, 24-8*(i%4), shift)
		if less > 0 {
			a.i32(uint32(less))
			a.op("I32x4Sub")
		}
		a.op("F32x4ConvertI32x4S; Get %s; F32x4Mul", d)
	})
}

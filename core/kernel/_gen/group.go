package main

import "fmt"

// genGroup writes the packing of a group of four rows.
func genGroup(a *asm) {
	for _, f := range formats {
		a.fn("packGroup"+f.name(), "dst []byte, q []int8, d []float32, m []float32", "", func(at map[string]string) { a.packGroup(at, f) })
	}
}

// pairsOrder takes the low bytes of eight int16, which are pairs of nibbles, to the
// order of kernel.Packed: columns 0, 1, 4, 5, 2, 3, 6, 7.
var pairsOrder = [16]byte{0, 4, 2, 6, 8, 12, 10, 14, 255, 255, 255, 255, 255, 255, 255, 255}

// topsOfPairs are the highest bits of two int16, in which kernel.Packed has the highest
// nibble as a signed number.
const topsOfPairs = -0x7fff8000

// packGroup: R0 dst, R1..R4 integers of the rows, R5..R8 their scales, R9..R12
// minima, R13 blocks to go, R14 distance of two rows.
func (a *asm) packGroup(at map[string]string, f format) {
	rows := func(first int, bytesPerBlock int) {
		a.op("Get R13; I64Const $%d; I64Mul; Set R14", bytesPerBlock)
		for r := range 3 {
			a.op("Get R%d; Get R14; I64Add; Set R%d", first+r, first+r+1)
		}
	}
	a.op("I64Load %s; Set R0; I64Load %s; Set R1; I64Load %s; Set R5; I64Load %s; Set R13", at["dst"], at["q"], at["d"], at["q_len"])
	a.shiftRight("R13", 7)
	rows(1, 32)
	rows(5, 4*f.halves())
	if f.min {
		a.op("I64Load %s; Set R9", at["m"])
		rows(9, 4*f.halves())
	}
	a.loop("R13", func() {
		for r := range 4 {
			if f.bits == 8 {
				a.packBytes32("R0", 4*r, fmt.Sprintf("R%d", 1+r), 0)
			} else {
				a.packNibbles(f, r)
			}
			for h := range f.halves() {
				a.copy32("R0", f.weightBytes()+16*h+4*r, fmt.Sprintf("R%d", 5+r), 4*h)
				if f.min {
					a.copy32("R0", f.weightBytes()+16*(f.halves()+h)+4*r, fmt.Sprintf("R%d", 9+r), 4*h)
				}
			}
		}
		a.add("R0", f.blockBytes())
		for r := range 4 {
			a.add(fmt.Sprintf("R%d", 1+r), 32)
			a.add(fmt.Sprintf("R%d", 5+r), 4*f.halves())
			if f.min {
				a.add(fmt.Sprintf("R%d", 9+r), 4*f.halves())
			}
		}
	})
}

// packNibbles packs the 32 integers of row r.
func (a *asm) packNibbles(f format, r int) {
	for half := range 2 {
		a.load(fmt.Sprintf("R%d", 1+r), 16*half)
		if !f.min {
			a.op("V128Const $0x0808080808080808, $0x0808080808080808; I8x16Add")
		}
		a.op("V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F; V128And; Set V0")
		a.op("Get V0; Get V0; I32Const $4; I16x8ShrU; V128Or")
		a.bytes(pairsOrder)
		a.op("I8x16Swizzle; Set V0")
		for lane := range 2 {
			a.op("Get R0; I32WrapI64; Get V0; I32x4ExtractLane $0, $%d; I32Const $%d; I32Xor; I32Store $%d", lane, topsOfPairs, 16*(2*half+lane)+4*r)
		}
	}
}

// copy32 copies four bytes from register src plus from to register dst plus to.
func (a *asm) copy32(dst string, to int, src string, from int) {
	a.op("Get %s; I32WrapI64; Get %s; I32WrapI64; I32Load $%d; I32Store $%d", dst, src, from, to)
}

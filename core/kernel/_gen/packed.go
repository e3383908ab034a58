package main

import "fmt"

// format is a packed matrix's format, as kernel.Packed.
type format struct {
	bits, group int
	min         bool
}

var formats = []format{{8, 32, false}, {8, 32, true}, {8, 16, false}, {8, 16, true}, {4, 32, false}, {4, 32, true}, {4, 16, false}, {4, 16, true}}

// layout names the part of a format that is the same for 8 and 4 bits.
func (f format) layout() string {
	s := ""
	if f.group == 16 {
		s = "G16"
	}
	if f.min {
		s += "Min"
	}
	return s
}

func (f format) name() string     { return fmt.Sprintf("Int%d%s", f.bits, f.layout()) }
func (f format) halves() int      { return 32 / f.group }
func (f format) weightBytes() int { return 16 * f.bits }
func (f format) blockBytes() int  { return f.weightBytes() + 16*f.vectors() }

// vectors is how many vectors of scales and minima a block has.
func (f format) vectors() int {
	if f.min {
		return 2 * f.halves()
	}
	return f.halves()
}

// Offsets in a kernel.BlockScale of 20 bytes.
const (
	scaleBytes = 20
	sumsAt     = 4
	topsAt     = 12
)

// genPacked writes the products of packed matrices; docs/kernels.md has the layout.
func genPacked(a *asm) {
	for _, f := range formats {
		a.fn("matVec"+f.name(), "dst []float32, w []byte, q []int16, x []BlockScale", "", func(at map[string]string) { a.matVec(at, f) })
	}
	for _, f := range formats {
		a.fn("unpack"+f.name(), "dst []int16, scales []float32, w []byte", "", func(at map[string]string) { a.unpack(at, f) })
	}
	for _, f := range formats[:4] { // gemm works on unpacked weights
		a.fn("gemmTile"+f.layout(), "dst []float32, rows int, w []int16, scales []float32, q []int16, x []BlockScale, stride int, blocks int, pairs int", "",
			func(at map[string]string) { a.gemm(at, f) })
	}
}

// matVec walks four streams of groups, a quarter of the matrix apart, and adds to
// their sums in V0..V3.
//
// R0 dst, R1 q, R2 x, R3 blocks to go, R4..R7 weights, R8 groups of a stream to
// go, R9, R10 q and x from the start, R11 blocks, R12 distance of two streams in
// dst, R13 dst of a stream.
func (a *asm) matVec(at map[string]string, f format) {
	a.args(at, "dst")
	a.op("I64Load %s; Set R9; I64Load %s; Set R10; I64Load %s; Set R11", at["q"], at["x"], at["x_len"])
	a.op("I64Load %s; Set R8", at["dst_len"])
	a.shiftRight("R8", 4)
	a.op("I64Load %s; Set R4", at["w"])
	for i := range 3 {
		a.op("Get R%d; Get R8; Get R11; I64Mul; I64Const $%d; I64Mul; I64Add; Set R%d", 4+i, f.blockBytes(), 5+i)
	}
	a.op("Get R8; I64Const $16; I64Mul; Set R12")
	a.loop("R8", func() {
		a.op("Get R9; Set R1; Get R10; Set R2; Get R11; Set R3")
		sums := func(each func(v string)) {
			a.op("Get R0; Set R13")
			for i := range 4 {
				each(fmt.Sprintf("V%d", i))
				if i < 3 {
					a.op("Get R13; Get R12; I64Add; Set R13")
				}
			}
		}
		sums(func(v string) {
			a.load("R13", 0)
			a.op("Set %s", v)
		})
		a.loop("R3", func() {
			for h := range f.halves() {
				if f.bits == 8 {
					a.int8Half(f, h)
				} else {
					a.int4Half(f, h)
				}
			}
			for i := range 4 {
				a.add(fmt.Sprintf("R%d", 4+i), f.blockBytes())
			}
			a.add("R1", 256)
			a.add("R2", scaleBytes)
		})
		sums(func(v string) { a.store("R13", 0, func() { a.op("Get %s", v) }) })
		a.add("R0", 16)
	})
}

// int8Half: sixteen bytes are four rows of four columns. Every int16 lane, as it is and
// shifted left by 8, meets an activation vector of its own (kernel.integers).
// V4..V7: sums, V12, V13: activations, V14: weights.
func (a *asm) int8Half(f format, h int) {
	n := 8 / f.halves()
	for c := h * n; c < (h+1)*n; c++ {
		a.load("R1", 32*c)
		a.op("Set V12")
		a.load("R1", 32*c+16)
		a.op("Set V13")
		for s := range 4 {
			sum := fmt.Sprintf("V%d", 4+s)
			a.load(fmt.Sprintf("R%d", 4+s), 16*c)
			a.op("Set V14")
			a.accumulate(sum, c == h*n, func() { a.op("Get V14; I32Const $8; I16x8Shl; Get V12; I32x4DotI16x8S") })
			a.accumulate(sum, false, func() { a.op("Get V14; Get V13; I32x4DotI16x8S") })
		}
	}
	a.finishStreams(f, h)
}

// int4Half: sixteen bytes are four rows of eight columns. Every int16 lane without its
// lowest n nibbles meets activation vector n, which makes up for the nibbles above
// (kernel.Activations).
// V4..V7: sums, V8..V11: activations, V12: weights.
func (a *asm) int4Half(f format, h int) {
	n := 4 / f.halves()
	for c := h * n; c < (h+1)*n; c++ {
		for k := range 4 {
			a.load("R1", 64*c+16*k)
			a.op("Set V%d", 8+k)
		}
		for s := range 4 {
			a.load(fmt.Sprintf("R%d", 4+s), 16*c)
			a.op("Set V12")
			for k := range 4 {
				a.accumulate(fmt.Sprintf("V%d", 4+s), c == h*n && k == 0, func() {
					a.op("Get V12")
					if k > 0 {
						a.op("I32Const $%d; I16x8ShrS", 4*k)
					}
					a.op("Get V%d; I32x4DotI16x8S", 8+k)
				})
			}
		}
	}
	correct := "I32x4Add"
	if f.min {
		a.comment("V14: eight times the sum of the activations of the highest nibbles, which are the weights less 8")
		a.sum(f, "R2", topsAt, h)
	} else {
		a.comment("V14: eight times the sum of the activations of the lower nibbles, which are the weights plus 8")
		a.sum(f, "R2", sumsAt, h)
		a.sum(f, "R2", topsAt, h)
		a.op("I32Sub")
		correct = "I32x4Sub"
	}
	a.op("I32Const $3; I32Shl; I32x4Splat; Set V14")
	for s := range 4 {
		a.op("Get V%d; Get V14; %s; Set V%d", 4+s, correct, 4+s)
	}
	a.finishStreams(f, h)
}

// finishStreams adds the integer sums V4..V7 of half h to V0..V3, times the
// scales, less the minima. V13 and V14 are overwritten.
func (a *asm) finishStreams(f format, h int) {
	if f.min {
		a.comment("V14: the sum of the activations, times their scale")
		a.scaledSum(f, "R2", h)
		a.op("Set V14")
	}
	a.splat("R2", 0)
	a.op("Set V13")
	for s := range 4 {
		a.finish(f, h, finish{acc: fmt.Sprintf("V%d", s), sum: fmt.Sprintf("V%d", 4+s), w: fmt.Sprintf("R%d", 4+s), at: f.weightBytes(),
			d: "V13", scaledSum: "V14"})
	}
}

// finish names the places that finish works on.
type finish struct {
	acc, sum  string // vectors: float32 sums and the half's integer sums
	w         string // register of the scales
	at        int    // their offset
	d         string // vector: the activations' scale in all lanes
	scaledSum string // vector, with minima
}

// finish adds float(sum) * (scale * d) to acc, and with minima takes off
// minimum * scaledSum.
func (a *asm) finish(f format, h int, p finish) {
	a.op("Get %s; Get %s; F32x4ConvertI32x4S", p.acc, p.sum)
	a.load(p.w, p.at+16*h)
	a.op("Get %s; F32x4Mul; F32x4Mul; F32x4Add", p.d)
	if f.min {
		a.load(p.w, p.at+16*(f.halves()+h))
		a.op("Get %s; F32x4Mul; F32x4Sub", p.scaledSum)
	}
	a.op("Set %s", p.acc)
}

// sum pushes one of the sums of half h, or of the whole block, as i32.
func (a *asm) sum(f format, x string, at, h int) {
	a.op("Get %s; I32WrapI64; I32Load $%d", x, at+4*h)
	if f.halves() == 1 {
		a.op("Get %s; I32WrapI64; I32Load $%d; I32Add", x, at+4)
	}
}

// scaledSum pushes float(sum) * x.D in all lanes.
func (a *asm) scaledSum(f format, x string, h int) {
	a.sum(f, x, sumsAt, h)
	a.op("F32ConvertI32S; Get %s; I32WrapI64; F32Load $0; F32Mul; F32x4Splat", x)
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

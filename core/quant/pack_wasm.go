//go:build go1.27 && !purego

package quant

// The functions in pack_wasm.s, which core/kernel/_gen writes. Each has a plain twin
// that gives the same bits.

func packQ8_0(dst, src []byte) { packGroupQ8_0(dst, src, len(src)/(4*34)) }

func packQ4_0(dst, src []byte) { packGroupQ4_0(dst, src, len(src)/(4*18)) }

func packQ4_1(dst, src []byte) { packGroupQ4_1(dst, src, len(src)/(4*20)) }

func packQ5_0(dst, src []byte) { packGroupQ5_0(dst, src, len(src)/(4*22)) }

func packQ5_1(dst, src []byte) { packGroupQ5_1(dst, src, len(src)/(4*24)) }

func packQ2_K(dst, src []byte) { packGroupQ2_K(dst, src, len(src)/(4*84)) }

func packQ3_K(dst, src []byte) { packGroupQ3_K(dst, src, len(src)/(4*110)) }

func packQ4_K(dst, src []byte) { packGroupQ4_K(dst, src, len(src)/(4*144)) }

func packQ5_K(dst, src []byte) { packGroupQ5_K(dst, src, len(src)/(4*176)) }

func packQ6_K(dst, src []byte) { packGroupQ6_K(dst, src, len(src)/(4*210)) }

func lookUp(q []int8, qs []byte, table *[16]int8) {
	if len(qs) == 0 || len(qs)%16 != 0 || len(q) != 2*len(qs) {
		panic("quant: lookUp")
	}
	lookUp16(q, qs, table[:])
}

func dequantizeF32(dst []float32, src []byte) {
	n := len(dst) &^ 3
	src = src[:4*len(dst)]
	if n > 0 {
		widenF32(dst[:n], src)
	}
	dequantizeF32Generic(dst[n:], src[4*n:])
}

func dequantizeF16(dst []float32, src []byte) {
	n := len(dst) &^ 3
	src = src[:2*len(dst)]
	if n > 0 {
		widenF16(dst[:n], src)
	}
	dequantizeF16Generic(dst[n:], src[2*n:])
}

func dequantizeBF16(dst []float32, src []byte) {
	n := len(dst) &^ 3
	src = src[:2*len(dst)]
	if n > 0 {
		widenBF16(dst[:n], src)
	}
	dequantizeBF16Generic(dst[n:], src[2*n:])
}

// packGroup functions: dst holds the blocks of a group of rows; src four rows of blocks
// of the type, blocks to a row, at least one.

//go:noescape
func packGroupQ8_0(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ4_0(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ4_1(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ5_0(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ5_1(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ2_K(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ3_K(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ4_K(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ5_K(dst []byte, src []byte, blocks int)

//go:noescape
func packGroupQ6_K(dst []byte, src []byte, blocks int)

// lookUp16: len(qs) is a positive multiple of 16.
//
//go:noescape
func lookUp16(q []int8, qs []byte, table []int8)

// widen functions: len(dst) is a positive multiple of 4.

//go:noescape
func widenF32(dst []float32, src []byte)

//go:noescape
func widenF16(dst []float32, src []byte)

//go:noescape
func widenBF16(dst []float32, src []byte)

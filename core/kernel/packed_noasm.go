//go:build purego || !(wasm && go1.27)

package kernel

import "math"

// FewTokens: the plain loops gain nothing from weights that are unpacked first.
const FewTokens = math.MaxInt

// formats are all that packed matrices can be.
var formats = func() (all []*Packed) {
	for _, bits := range []int{8, 4} {
		for _, group := range []int{32, 16} {
			for _, min := range []bool{false, true} {
				f := &Packed{Bits: bits, Group: group, Min: min}
				f.matVec, f.unpack, f.packGroup = f.matVecGeneric, f.unpackGeneric, f.packGroupGeneric
				f.gemmTile = func(dst []float32, rows int, _ []float32, w []int16, scales []float32, q []int16, x []BlockScale, stride, blocks int) {
					f.gemmGeneric(dst, rows, w, scales, q, x, stride, blocks)
				}
				all = append(all, f)
			}
		}
	}
	return all
}()

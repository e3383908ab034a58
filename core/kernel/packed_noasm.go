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
				f.matVec, f.unpack, f.gemmTile, f.packGroup = f.matVecGeneric, f.unpackGeneric, f.gemmGeneric, f.packGroupGeneric
				all = append(all, f)
			}
		}
	}
	return all
}()

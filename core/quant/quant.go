// Package quant holds the storage types of GGML tensors, one file each, and the
// few packed layouts that the kernels compute on.
//
// A type turns blocks of bytes into values (Dequantize), exactly as ggml does.
// For speed a matrix is not kept in its storage type: Pack converts it once, at
// load, into one of the layouts of matrix.go, without changing a value.
//
// Source of the formats: ggml's ggml-common.h (block structs) and ggml-quants.c
// (dequantize_row_*).
package quant

import (
	"fmt"
	"sort"
	"strings"
)

// Type is a GGML storage type: how many bytes hold how many values, and how to
// turn the one into the other.
type Type struct {
	ID         uint32 // ggml_type number, as stored in a GGUF tensor info
	Name       string // ggml's name, such as "Q8_0"
	BlockLen   int    // values in a block
	BlockBytes int    // bytes in a block

	// Dequantize writes the values of the blocks in src to dst.
	//   src: n blocks, n*BlockBytes bytes; dst: n*BlockLen values.
	Dequantize func(dst []float32, src []byte)

	// Quantize is the inverse of Dequantize by ggml's reference rounding; nil for
	// a type that Gander only reads.
	Quantize func(dst []byte, src []float32)

	// Split describes how the type is written as integers times scales; its zero
	// value means that the type is computed on as float32.
	Split Split
}

// Split is the exact form of a quantised type that the packed layouts share:
//
//	x[i] = d[i/Group]*q[i] - m[i/Group]
//
// with integers q and float32 d and m. Without Min there is no m.
type Split struct {
	Group int  // values that share a scale: 16 or 32; 0 if the type has no such form
	Bits  int  // 8: q in -128..127.  4: q in -8..7, or in 0..15 with Min
	Min   bool // whether there is an m

	// Ints writes q (one per value), d and m (one per group; m is nil without
	// Min) of the blocks in src.
	Ints func(q []int8, d, m []float32, src []byte)

	// packGroup, if not nil, writes four rows at once into the blocks of their
	// group, as Ints and kernel.Packed.PackGroup would, but faster.
	packGroup func(dst, src []byte)
}

// dequantizer returns the Dequantize of a type that is written as a Split:
// d*q - m, block by block.
func dequantizer(blockBytes, blockLen int, s Split) func(dst []float32, src []byte) {
	return func(dst []float32, src []byte) {
		var q [256]int8
		var d, m [16]float32
		for ; len(src) >= blockBytes; src, dst = src[blockBytes:], dst[blockLen:] {
			s.Ints(q[:blockLen], d[:blockLen/s.Group], m[:blockLen/s.Group], src[:blockBytes])
			for i, v := range q[:blockLen] {
				dst[i] = float32(d[i/s.Group] * float32(v))
				if s.Min {
					dst[i] -= m[i/s.Group]
				}
			}
		}
	}
}

var (
	byID   = map[uint32]Type{}
	byName = map[string]Type{}
)

// register adds a type to the registry; it panics on a duplicate number or name,
// which is a mistake in this package.
func register(t Type) Type {
	if _, ok := byID[t.ID]; ok {
		panic(fmt.Sprintf("quant: type number %d is registered twice", t.ID))
	}
	if _, ok := byName[t.Name]; ok {
		panic("quant: type " + t.Name + " is registered twice")
	}
	byID[t.ID] = t
	byName[t.Name] = t
	return t
}

// Lookup returns the type with the given ggml_type number.
func Lookup(id uint32) (Type, bool) {
	t, ok := byID[id]
	return t, ok
}

// ByName returns the type with the given ggml name, such as "Q8_0".
func ByName(name string) (Type, bool) {
	t, ok := byName[name]
	return t, ok
}

// Types returns all types, ordered by their number.
func Types() []Type {
	ts := make([]Type, 0, len(byID))
	for _, t := range byID {
		ts = append(ts, t)
	}
	sort.Slice(ts, func(i, j int) bool { return ts[i].ID < ts[j].ID })
	return ts
}

// Writable returns the names of the types that have a Quantize, in lower case,
// ordered by their number.
func Writable() (names []string) {
	for _, t := range Types() {
		if t.Quantize != nil {
			names = append(names, strings.ToLower(t.Name))
		}
	}
	return names
}

// RowBytes returns the size in bytes of a row of cols values, and whether cols
// is a whole number of blocks.
func (t Type) RowBytes(cols int) (int, bool) {
	return cols / t.BlockLen * t.BlockBytes, cols%t.BlockLen == 0
}

package quant

import (
	"encoding/binary"
	"unsafe"
)

// The integers of a block are taken out of it eight at a time, as the bytes of a
// uint64, the first lowest: WebAssembly has no narrower arithmetic, and a check of
// bounds or a call costs as much as eight values do.

const (
	ones     = 0x0101010101010101
	lowNibs  = 0x0f * ones
	lowPairs = 0x03 * ones
	highBits = 0x80 * ones
)

// load returns the first eight bytes of src.
func load(src []byte) uint64 { return binary.LittleEndian.Uint64(src) }

// store writes eight integers, the bytes of w.
func store(q []int8, w uint64) { binary.LittleEndian.PutUint64(bytesOf(q), w) }

// loadInts returns the first eight of q, as store writes them.
func loadInts(q []int8) uint64 { return load(bytesOf(q)) }

// bytesOf returns the memory of eight integers as bytes.
func bytesOf(q []int8) []byte { return (*[8]byte)(unsafe.Pointer((*[8]int8)(q)))[:] }

// less takes n, at most 128, off each byte, all of them at most 127.
func less(w, n uint64) uint64 { return ((w | highBits) - n*ones) ^ highBits }

// spread returns eight bytes that are the bits of b, the lowest first.
func spread(b byte) uint64 {
	w := uint64(b) * ones & 0x8040201008040201 // bit i of byte i
	return (w | (w&(0x7f*ones) + 0x7f*ones)) >> 7 & ones
}

// signed returns the bytes of w, none of them zero, with those negated whose bit of
// signs is set.
func signed(w uint64, signs byte) uint64 {
	s := spread(signs)
	return w ^ s*255 + s // -x is ^x + 1; no byte carries, for x isn't 0
}

// nibbles writes the low nibbles of the bytes of qs, then the high ones, less n.
func nibbles(q []int8, qs []byte, n uint64) {
	high := q[len(qs):]
	for len(qs) >= 8 && len(q) >= 8 && len(high) >= 8 {
		w := load(qs)
		store(q, less(w&lowNibs, n))
		store(high, less(w>>4&lowNibs, n))
		qs, q, high = qs[8:], q[8:], high[8:]
	}
}

package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
)

// PackGroup writes the blocks of one group of rows from their integers, scales and
// minima.
//
//	dst [blocks] blocks; q [4, blocks*32]; d [4, blocks*32/Group]; m as d, with a minimum only
//
// Integers of int4 are -8 to 7, with a minimum 0 to 15; of int8, -128 becomes -127.
// It panics if the lengths don't fit.
func (f *Packed) PackGroup(dst []byte, q []int8, d, m []float32) {
	f.checkPack(dst, GroupRows, q, d, m)
	if len(dst) > 0 {
		f.packGroup(dst, q, d, m)
	}
}

// PackRow writes one row of a group, its place from 0 to 3, and leaves the others as
// they are: PackGroup for matrices that come in pieces which cut a group.
//
//	dst [blocks] blocks; q [blocks*32]; d [blocks*32/Group]; m as d, with a minimum only
//
// It panics if the lengths don't fit, or there is no such place.
func (f *Packed) PackRow(dst []byte, place int, q []int8, d, m []float32) {
	f.checkRow(dst, place, q, d, m)
	f.packRow(dst, place, q, d, m)
}

func (f *Packed) checkRow(blocks []byte, place int, q []int8, d, m []float32) {
	f.checkPack(blocks, 1, q, d, m)
	if place < 0 || place >= GroupRows {
		panic(fmt.Sprintf("kernel: row %d of a group", place))
	}
}

func (f *Packed) checkPack(dst []byte, rows int, q []int8, d, m []float32) {
	blocks := len(dst) / f.BlockBytes()
	scales := rows * blocks * BlockLen / f.Group
	if len(dst) != blocks*f.BlockBytes() || len(q) != rows*blocks*BlockLen || len(d) != scales || f.Min && len(m) != scales {
		panic(fmt.Sprintf("kernel: %d rows of %d integers, %d scales and %d minima in all into %d bytes of %v", rows, len(q), len(d), len(m), len(dst), f))
	}
}

// packGroupGeneric is the reference of all packGroup functions.
func (f *Packed) packGroupGeneric(dst []byte, q []int8, d, m []float32) {
	for r := range GroupRows {
		n, scales := len(q)/GroupRows, len(d)/GroupRows
		least := m
		if f.Min {
			least = m[r*scales : (r+1)*scales]
		}
		f.packRow(dst, r, q[r*n:(r+1)*n], d[r*scales:(r+1)*scales], least)
	}
}

func (f *Packed) packRow(dst []byte, place int, q []int8, d, m []float32) {
	size, halves := f.BlockBytes(), BlockLen/f.Group
	for b := range len(dst) / size {
		block, v := dst[b*size+4*place:(b+1)*size], (*[BlockLen]int8)(q[b*BlockLen:])
		if f.Bits == 8 {
			for c := range 8 {
				binary.LittleEndian.PutUint16(block[16*c:], pair(v[4*c], v[4*c+1]))
				binary.LittleEndian.PutUint16(block[16*c+2:], pair(v[4*c+2], v[4*c+3]))
			}
		} else {
			for c := range 4 {
				binary.LittleEndian.PutUint32(block[16*c:], nibbles((*[8]int8)(v[8*c:]), f.Min))
			}
		}
		scales := block[f.WeightBytes():]
		for h := range halves {
			binary.LittleEndian.PutUint32(scales[16*h:], math.Float32bits(d[b*halves+h]))
			if f.Min {
				binary.LittleEndian.PutUint32(scales[16*(halves+h):], math.Float32bits(m[b*halves+h]))
			}
		}
	}
}

// pair packs two columns of a row.
func pair(even, odd int8) uint16 {
	return uint16(int16(max(odd, -127))<<8 + int16(max(even, -127)))
}

// nibbles packs eight columns of a row, in the order that Packed describes.
func nibbles(v *[8]int8, min bool) uint32 {
	offset := int8(8)
	if min {
		offset = 0
	}
	n := func(i int) uint32 { return uint32(v[i]+offset) & 15 }
	return n(0) | n(1)<<4 | n(4)<<8 | (n(5)^8)<<12 | n(2)<<16 | n(3)<<20 | n(6)<<24 | (n(7)^8)<<28
}

// UnpackRow is the inverse of PackRow: it reads the integers, scales and minima of the row
// at a place of a group.
//
//	q [blocks*32]; d [blocks*32/Group]; m as d, with a minimum only; src [blocks] blocks
//
// It panics if the lengths don't fit, or there is no such place.
func (f *Packed) UnpackRow(q []int8, d, m []float32, src []byte, place int) {
	f.checkRow(src, place, q, d, m)
	size, halves := f.BlockBytes(), BlockLen/f.Group
	for b := range len(src) / size {
		block, v := src[b*size+4*place:(b+1)*size], (*[BlockLen]int8)(q[b*BlockLen:])
		for c := range BlockLen / 8 {
			if f.Bits == 8 {
				unpair((*[4]int8)(v[8*c:]), binary.LittleEndian.Uint32(block[32*c:]))
				unpair((*[4]int8)(v[8*c+4:]), binary.LittleEndian.Uint32(block[32*c+16:]))
			} else {
				unnibble((*[8]int8)(v[8*c:]), binary.LittleEndian.Uint32(block[16*c:]), f.Min)
			}
		}
		float := func(vector int) float32 {
			return math.Float32frombits(binary.LittleEndian.Uint32(block[f.WeightBytes()+16*vector:]))
		}
		for h := range halves {
			d[b*halves+h] = float(h)
			if f.Min {
				m[b*halves+h] = float(halves + h)
			}
		}
	}
}

// unpair is the inverse of pair, of two words in one.
func unpair(v *[4]int8, word uint32) {
	for i := 0; i < 4; i, word = i+2, word>>16 {
		v[i] = int8(word)
		v[i+1] = int8((int16(word) - int16(v[i])) >> 8)
	}
}

// unnibble is the inverse of nibbles.
func unnibble(v *[8]int8, word uint32, min bool) {
	offset := int8(8)
	if min {
		offset = 0
	}
	word ^= 0x80008000
	for i, column := range [8]int{0, 1, 4, 5, 2, 3, 6, 7} {
		v[column] = int8(word>>(4*i)&15) - offset
	}
}

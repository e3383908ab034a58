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
// Integers of int4 are -8 to 7, with a minimum 0 to 15.
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
func (f *Packed) PackRow(dst []byte, place int, q []int8, d, m []float32) {
	f.checkPack(dst, 1, q, d, m)
	f.packRow(dst, place, q, d, m)
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
				word := uint32(uint8(v[4*c])) | uint32(uint8(v[4*c+1]))<<8 | uint32(uint8(v[4*c+2]))<<16 | uint32(uint8(v[4*c+3]))<<24
				binary.LittleEndian.PutUint32(block[16*c:], word)
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

// nibbles packs eight columns of a row, in the order that Packed describes.
func nibbles(v *[8]int8, min bool) uint32 {
	offset := int8(8)
	if min {
		offset = 0
	}
	n := func(i int) uint32 { return uint32(v[i]+offset) & 15 }
	return n(0) | n(1)<<4 | n(4)<<8 | (n(5)^8)<<12 | n(2)<<16 | n(3)<<20 | n(6)<<24 | (n(7)^8)<<28
}

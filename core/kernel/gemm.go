package kernel

import (
	"encoding/binary"
	"math"
)

// Groups and tokens of one step of the inner loop: 16 rows x 2 tokens take 8 vector
// registers for integer sums, and with the weights of 4 groups and a token's activations
// 13 of 15.
const (
	tileGroups = RowMultiple / GroupRows
	tileTokens = 2
)

// tileBlocks is how many blocks are unpacked at a time: 8 KB of int16, which stay in a processor's
// first cache beside the activations of two tokens, 4 KB.
const tileBlocks = 8

// Tile is the memory in which a matrix product unpacks a few rows of weights to
// int16; keep one for a sequence of products.
type Tile struct {
	w      []int16   // [blocks, groups, 16 vectors of 8]: what (k0, k2) and (k1, k3) of the activations meet, of four rows in turn
	scales []float32 // [blocks, groups, vectors, 4]: as in the packed blocks

	last [tileTokens * RowMultiple]float32 // the sums of a token without a pair, behind those of another
}

// Bytes returns the size of the memory held, in bytes.
func (t *Tile) Bytes() int64 { return int64(2*cap(t.w) + 4*cap(t.scales)) }

func (t *Tile) resize(blocks int) {
	if n := tileGroups * blocks; cap(t.w) < n*GroupRows*BlockLen {
		t.w = make([]int16, n*GroupRows*BlockLen)
		t.scales = make([]float32, n*GroupRows*4) // of the format that has most
	}
}

// gemm adds the product for several tokens, of some blocks from first on: of four groups of
// rows at a time a few blocks are unpacked once and then meet all tokens, two at a time. There
// must be two.
func (f *Packed) gemm(dst []float32, w []byte, x *Activations, first, blocks int, tile *Tile) {
	rows, stride, size := len(dst)/x.Tokens, x.Cols/BlockLen, f.BlockBytes()
	tile.resize(min(blocks, tileBlocks))
	ints := x.of(f.Bits)
	for g := 0; g < rows/GroupRows; g += tileGroups {
		out := dst[g*GroupRows:]
		for b := 0; b < blocks; b += tileBlocks {
			n := min(tileBlocks, blocks-b)
			for i := range tileGroups {
				f.unpack(tile.w[i*GroupRows*BlockLen:], tile.scales[i*GroupRows*f.Vectors():], w[((g+i)*blocks+b)*size:][:n*size])
			}
			q, scales := ints.q[(first+b)*BlockLen*expand:], ints.blocks[first+b:]
			f.gemmTile(out, rows, tile.w, tile.scales, q, scales, stride, n, x.Tokens/tileTokens)
			if x.Tokens%tileTokens != 0 { // the last one, with the one before it once more
				t, last := x.Tokens-tileTokens, tile.last[:]
				clear(last)
				copy(last[RowMultiple:], out[(t+1)*rows:][:RowMultiple])
				f.gemmTile(last, RowMultiple, tile.w, tile.scales, q[t*stride*BlockLen*expand:], scales[t*stride:], stride, n, 1)
				copy(out[(t+1)*rows:], last[RowMultiple:])
			}
		}
	}
}

// gemmGeneric is the reference of all gemm functions: 16 rows for pairs of two
// tokens; rows is the distance of two tokens in dst, stride of their activations, in blocks.
// The int16 weights need no correction of nibbles.
func (f *Packed) gemmGeneric(dst []float32, rows int, w []int16, scales []float32, q []int16, x []BlockScale, stride, blocks, pairs int) {
	halves, vectors := BlockLen/f.Group, f.Vectors()
	for t := range pairs * tileTokens {
		for g := range tileGroups {
			acc := (*[GroupRows]float32)(dst[t*rows+g*GroupRows:])
			for b := range blocks {
				wb := (*[GroupRows * BlockLen]int16)(w[(b*tileGroups+g)*GroupRows*BlockLen:])
				xb := (*[BlockLen * expand]int16)(q[(t*stride+b)*BlockLen*expand:])
				s, d := scales[(b*tileGroups+g)*vectors*4:], &x[t*stride+b]
				for h := range halves {
					var sum [GroupRows]int32
					for i := h * len(wb) / halves; i < (h+1)*len(wb)/halves; i += 2 {
						sum[i/2%4] += int32(wb[i])*int32(xb[i]) + int32(wb[i+1])*int32(xb[i+1])
					}
					total := d.Sum[h]
					if halves == 1 {
						total += d.Sum[1]
					}
					for r := range acc {
						acc[r] += float32(float32(sum[r]) * float32(s[4*h+r]*d.D))
						if f.Min {
							acc[r] -= float32(s[4*(halves+h)+r] * float32(float32(total)*d.D))
						}
					}
				}
			}
		}
	}
}

// unpackGeneric is the reference of all unpack functions: of one group, to its places in
// a Tile.
func (f *Packed) unpackGeneric(dst []int16, scales []float32, w []byte) {
	size, vectors := f.BlockBytes(), f.Vectors()
	for b := 0; len(w) > 0; w, b = w[size:], b+tileGroups {
		dst, scales := dst[b*GroupRows*BlockLen:], scales[b*4*vectors:]
		if f.Bits == 8 {
			for c := range 8 {
				for i := range 8 { // int16 lane i: shifted to the first vector, as it is to the second
					n := int16(binary.LittleEndian.Uint16(w[16*c+2*i:]))
					dst[16*c+i], dst[16*c+8+i] = n<<8, n
				}
			}
		} else {
			offset := int16(8)
			if f.Min {
				offset = 0
			}
			for c := range 4 {
				for i := range 8 { // nibble n of int16 lane i to vector n
					lane := binary.LittleEndian.Uint16(w[16*c+2*i:]) ^ 0x8000 // all nibbles without a sign
					for n := range 4 {
						dst[32*c+8*n+i] = int16(lane>>(4*n)&15) - offset
					}
				}
			}
		}
		for i := range 4 * vectors {
			scales[i] = math.Float32frombits(binary.LittleEndian.Uint32(w[f.WeightBytes()+4*i:]))
		}
	}
}

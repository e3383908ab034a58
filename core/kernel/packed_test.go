package kernel

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// testActivations quantises random rows.
func testActivations(r *rand.Rand, tokens, cols, kind int) *Activations {
	x := make([]float32, tokens*cols)
	values(r, x, kind)
	a := &Activations{}
	a.Resize(x, tokens, cols)
	a.Quantize(8)
	a.Quantize(4)
	return a
}

// scalesOf returns the scales apart, for sameBits.
func scalesOf(x []BlockScale) (d []float32) {
	for _, b := range x {
		d = append(d, b.D)
	}
	return d
}

func TestQuantizeEqualsGeneric(t *testing.T) {
	t.Run("for 8 bits", func(t *testing.T) { quantizeEqualsGeneric(t, quantizeFor8, quantizeFor8Generic) })
	t.Run("for 4 bits", func(t *testing.T) { quantizeEqualsGeneric(t, quantizeFor4, quantizeFor4Generic) })
}

func quantizeEqualsGeneric(t *testing.T, quantize, generic func(q []int16, blocks []BlockScale, x []float32)) {
	r := rand.New(rand.NewPCG(1, 1))
	for kind := range 4 {
		for blocks := 1; blocks < 9; blocks++ {
			x, _ := guarded[float32](t, blocks*BlockLen, blocks)
			values(r, x, kind)
			q, checkQ := guarded[int16](t, blocks*BlockLen*expand, blocks%8)
			all := make([]BlockScale, blocks+2) // one more at each end
			for i := 1; i <= blocks; i++ {
				all[i].Top = [2]int32{5, 5} // of another use
			}
			wantQ, want := make([]int16, len(q)), make([]BlockScale, blocks)
			generic(wantQ, want, x)
			quantize(q, all[1:1+blocks], x)
			require.Equal(t, wantQ, q, "integers of kind %d", kind)
			sameBits(t, scalesOf(want), scalesOf(all[1:1+blocks]), "scales of kind %d", kind)
			for i, b := range want {
				require.Equal(t, b.Sum, all[1+i].Sum, "sums of kind %d", kind)
				require.Equal(t, b.Top, all[1+i].Top, "sums of kind %d", kind)
			}
			require.Zero(t, all[0])
			require.Zero(t, all[blocks+1])
			checkQ()
		}
	}
}

// TestDifferencesEqualGeneric: also of the largest integers.
func TestDifferencesEqualGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for blocks := 1; blocks < 6; blocks++ {
		q := make([]int16, blocks*BlockLen*expand)
		for i := range q {
			q[i] = int16(r.IntN(2*maxActivation+1) - maxActivation)
		}
		q[8], q[16] = maxActivation, -maxActivation
		want := make([]int16, len(q))
		got, check := guarded[int16](t, len(q), blocks)
		differencesGeneric(want, q)
		differences(got, q)
		require.Equal(t, want, got)
		require.Equal(t, int16(-17*maxActivation), got[16], "without overflow")
		check()
	}
}

// exact returns what integer i of all is a multiple of its block's scale of: for weights of
// 8 bits in 256ths, with what the odd one behind it adds.
func (n *integers) exact(i, bits int) int {
	at := func(i int) int { return int(n.q[i/4*16+i%2*8+i%4/2]) }
	switch {
	case bits == 4:
		return at(i)
	case i%2 == 1:
		return 256 * at(i)
	}
	return 256*at(i) + at(i+1)
}

// TestQuantizeError holds each value to half a step of its block's scale, and
// the layout to the order that Activations documents.
func TestQuantizeError(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	a := testActivations(r, 3, 64, 0)
	for _, bits := range []int{8, 4} {
		n := a.of(bits)
		sums, tops := make([][2]int32, len(n.blocks)), make([][2]int32, len(n.blocks))
		for i, x := range a.X {
			at, step := i/4*16+i%2*8+i%4/2, 1
			if bits == 8 {
				step = 256
			}
			for j := 0; j < 8; j += 2 {
				require.Equal(t, n.q[at], n.q[at+j])
				require.LessOrEqual(t, n.q[at+j], int16(1935))
				require.GreaterOrEqual(t, n.q[at+j], int16(-1935))
			}
			d, exact := float64(n.blocks[i/BlockLen].D), n.exact(i, bits)
			require.InDelta(t, x, float64(exact)*d, float64(step)*d*0.5001)
			sums[i/BlockLen][i%BlockLen/16] += int32(exact)
			if bits == 4 && (i%8 == 5 || i%8 == 7) {
				tops[i/BlockLen][i%BlockLen/16] += int32(exact)
			}
		}
		for i, b := range n.blocks {
			require.Equal(t, sums[i], b.Sum)
			require.Equal(t, tops[i], b.Top)
		}
	}
}

func TestQuantizeSpecialBlocks(t *testing.T) {
	table := []struct {
		name    string
		value   float32
		isNaN   bool
		isZero  bool
		integer int16
	}{
		{name: "zero", value: 0, isZero: true},
		{name: "below 2^-100", value: 1e-40, isZero: true},
		{name: "one", value: 1, integer: maxActivation},
		{name: "largest", value: math.MaxFloat32, integer: maxActivation},
		{name: "infinite", value: float32(math.Inf(1)), isNaN: true},
		{name: "NaN", value: float32(math.NaN()), isNaN: true},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			x := make([]float32, 32)
			x[5] = c.value
			a := &Activations{}
			a.Resize(x, 1, 32)
			for _, bits := range []int{8, 4} {
				a.Quantize(bits)
				n := a.of(bits)
				d := n.blocks[0].D
				require.Equal(t, c.isNaN, d != d)
				require.Equal(t, c.isZero, d == 0)
				require.Equal(t, c.integer, n.q[16+8], "value 5 is k1 of its four")
			}
		})
	}
}

// randomPacked returns blocks of random bits with finite, or sometimes special, scales.
func randomPacked(r *rand.Rand, f *Packed, groups, blocks int, special bool) []byte {
	size := f.BlockBytes()
	w := make([]byte, groups*blocks*size)
	for i := range w {
		w[i] = byte(r.Uint32())
	}
	for b := 0; b < len(w); b += size {
		for i := range 4 * f.Vectors() {
			s := float32(r.NormFloat64())
			if special && r.IntN(8) == 0 {
				s = []float32{float32(math.NaN()), float32(math.Inf(1)), 1e-42}[r.IntN(3)]
			}
			binary.LittleEndian.PutUint32(w[b+f.WeightBytes()+4*i:], math.Float32bits(s))
		}
	}
	return w
}

// extremePacked has all weights at their most negative: the largest integer sums.
func extremePacked(f *Packed, groups, blocks int) []byte {
	w := randomPacked(rand.New(rand.NewPCG(0, 0)), f, groups, blocks, false)
	for b := 0; b < len(w); b += f.BlockBytes() {
		for i := range f.WeightBytes() {
			w[b+i] = 0x80
		}
	}
	return w
}

func TestPackedProductsEqualGeneric(t *testing.T) {
	require.Len(t, formats, 8)
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 1))
			for _, groups := range []int{4, 8, 20} {
				for _, blocks := range []int{1, 2, 3, tileBlocks, 2*tileBlocks + 1} {
					for tokens := 1; tokens < 8; tokens++ {
						w := randomPacked(r, f, groups, blocks, tokens == 2)
						if tokens == 3 {
							w = extremePacked(f, groups, blocks)
						}
						before, behind := r.IntN(3), r.IntN(3) // blocks of activations that aren't the matrix's
						a := testActivations(r, tokens, (before+blocks+behind)*BlockLen, 0)
						rows := groups * GroupRows
						start := make([]float32, tokens*rows)
						values(r, start, 0)
						want := slices.Clone(start)
						for i := range tokens {
							q, x := f.token(a, i, before, blocks)
							f.matVecGeneric(want[i*rows:(i+1)*rows], w, q, x)
						}
						got, check := guarded[float32](t, tokens*rows, tokens)
						copy(got, start)
						if tokens >= tileTokens {
							f.gemm(got, w, a, before, blocks, &Tile{})
							sameBits(t, want, got, "unpacked, groups=%d blocks=%d tokens=%d", groups, blocks, tokens)
							check()
						}
						copy(got, start)
						f.MatMulAdd(got, w, a, before*BlockLen, (before+blocks)*BlockLen, &Tile{})
						sameBits(t, want, got, "groups=%d blocks=%d tokens=%d", groups, blocks, tokens)
						check()
						for i := range tokens { // alone as in the batch
							q, x := f.token(a, i, before, blocks)
							alone := slices.Clone(start[i*rows : (i+1)*rows])
							f.matVec(alone, w, q, x)
							sameBits(t, alone, got[i*rows:(i+1)*rows], "alone, token %d", i)
						}
					}
				}
			}
		})
	}
}

func TestMatMulAddPanics(t *testing.T) {
	f := FormatOf(4, 32, false)
	a := testActivations(rand.New(rand.NewPCG(6, 1)), 2, 96, 0)
	dst, w := make([]float32, 2*16), make([]byte, 4*2*f.BlockBytes())
	require.NotPanics(t, func() { f.MatMulAdd(dst, w, a, 32, 96, &Tile{}) })
	for _, c := range [][2]int{{-32, 32}, {32, 32}, {64, 0}, {0, 63}, {16, 80}, {64, 128}, {0, 96}} {
		require.Panics(t, func() { f.MatMulAdd(dst, w, a, c[0], c[1], &Tile{}) }, "%v", c)
	}
	require.Panics(t, func() { f.MatMulAdd(dst[1:], w, a, 32, 96, &Tile{}) })
	require.Panics(t, func() { f.MatMulAdd(dst, w[1:], a, 32, 96, &Tile{}) })
}

// TestMatVecAgainstFloat64 computes d*q - m of each weight, taken out of the block
// by the documented order, times the activations, in float64: of random blocks, and of
// the largest integers, whose sums go through numbers that don't fit in 32 bits.
func TestMatVecAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	const groups, blocks = 4, 2
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			againstFloat64(t, f, randomPacked(r, f, groups, blocks, false), testActivations(r, 1, blocks*BlockLen, 0))
			for _, bits := range []byte{0x00, 0x77, 0x7f, 0x80, 0x88, 0xff} {
				w := randomPacked(r, f, groups, blocks, false)
				for b := 0; b < len(w); b += f.BlockBytes() {
					for i := range f.WeightBytes() {
						w[b+i] = bits
					}
				}
				for _, signs := range []uint32{0, 0xffffffff, 0x55555555, 0xf0f0f0f0, r.Uint32()} {
					a := testActivations(r, 1, blocks*BlockLen, 0)
					for i := range a.X {
						a.X[i] = 1 - 2*float32(signs>>(i%32)&1)
					}
					a.Resize(a.X, 1, len(a.X))
					againstFloat64(t, f, w, a)
				}
			}
		})
	}
}

func againstFloat64(t *testing.T, f *Packed, w []byte, a *Activations) {
	blocks := a.Cols / BlockLen
	got := make([]float32, len(w)/f.BlockBytes()/blocks*GroupRows)
	f.MatMul(got, w, a, &Tile{})
	for row := range got {
		want, size := 0.0, 0.0
		for col := range a.Cols {
			block := w[(row/4*blocks+col/32)*f.BlockBytes():]
			i, lane, h := col%32, row%4, col%32/f.Group
			float := func(v int) float64 {
				return float64(math.Float32frombits(binary.LittleEndian.Uint32(block[f.WeightBytes()+16*v+4*lane:])))
			}
			weight := 0.0
			if f.Bits == 8 {
				word := int16(binary.LittleEndian.Uint16(block[i/4*16+4*lane+i&2:]))
				even := int(int8(word))
				weight = []float64{float64(even), float64((int(word) - even) / 256)}[i%2]
			} else {
				nibble := []int{0, 1, 0, 1, 2, 3, 2, 3}[i%8]
				word := binary.LittleEndian.Uint16(block[i/8*16+4*lane+i&2:])
				weight = float64(word >> (4 * nibble) & 15)
				if nibble == 3 {
					weight = float64(int16(word)>>12) + 8
				}
				if !f.Min {
					weight -= 8
				}
			}
			weight *= float(h)
			if f.Min {
				weight -= float(BlockLen/f.Group + h)
			}
			ints := a.of(f.Bits)
			x := float64(ints.exact(col, f.Bits)) * float64(ints.blocks[col/32].D)
			want += weight * x
			size += math.Abs(weight * x)
		}
		require.InDelta(t, want, float64(got[row]), 1e-6*size+1e-5*float64(f.Bits), "row %d", row)
	}
}

func TestUnpackEqualsGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			for blocks := 1; blocks < 6; blocks++ {
				w := randomPacked(r, f, 1, blocks, true)
				got, check := guarded[int16](t, blocks*tileGroups*128, blocks)
				gotS, checkS := guarded[float32](t, blocks*tileGroups*4*f.Vectors(), blocks)
				want, wantS := slices.Clone(got), slices.Clone(gotS) // the other groups' places stay
				f.unpackGeneric(want, wantS, w)
				f.unpack(got, gotS, w)
				require.Equal(t, want, got)
				sameBits(t, wantS, gotS, "scales")
				check()
				checkS()
			}
		})
	}
}

func FuzzPackedProduct(f *testing.F) {
	f.Add(uint64(1), uint8(1), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, seed uint64, groups, blocks, tokens uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		g, b, n := 4*(1+int(groups)%6), 1+int(blocks)%9, 1+int(tokens)%9
		for _, format := range formats {
			w := randomPacked(r, format, g, b, seed%2 == 0)
			a := testActivations(r, n, b*BlockLen, int(seed%4))
			rows := g * GroupRows
			got, check := guarded[float32](t, n*rows, int(seed%8))
			clear(got)
			first := r.IntN(b)
			w = w[:len(w)/b*(b-first)]
			format.MatMulAdd(got, w, a, first*BlockLen, b*BlockLen, &Tile{})
			check()
			if n >= tileTokens {
				unpacked := make([]float32, len(got))
				format.gemm(unpacked, w, a, first, b-first, &Tile{})
				sameBits(t, got, unpacked, "%v unpacked", format)
			}
			want := make([]float32, rows)
			for i := range n {
				clear(want)
				q, x := format.token(a, i, first, b-first)
				format.matVecGeneric(want, w, q, x)
				sameBits(t, want, got[i*rows:(i+1)*rows], "%v token %d", format, i)
			}
		}
	})
}

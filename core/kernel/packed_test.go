package kernel

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// testActivations quantises random rows.
func testActivations(r *rand.Rand, tokens, cols, kind int) *Activations {
	x := make([]float32, tokens*cols)
	values(r, x, kind)
	a := &Activations{}
	a.Resize(x, tokens, cols)
	a.Quantize()
	return a
}

func TestQuantizeEqualsGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for kind := range 4 {
		for blocks := 1; blocks < 9; blocks++ {
			x, _ := guarded[float32](t, blocks*BlockLen, blocks)
			values(r, x, kind)
			q, checkQ := guarded[int16](t, blocks*BlockLen*expand, blocks%8)
			d, checkD := guarded[float32](t, blocks, 1)
			s, checkS := guarded[int32](t, blocks, 3)
			wantQ, wantD, wantS := make([]int16, len(q)), make([]float32, blocks), make([]int32, blocks)
			quantizeGeneric(wantQ, wantD, wantS, x)
			quantize(q, d, s, x)
			require.Equal(t, wantQ, q, "integers of kind %d", kind)
			sameBits(t, wantD, d, "scales of kind %d", kind)
			require.Equal(t, wantS, s, "sums of kind %d", kind)
			checkQ()
			checkD()
			checkS()
		}
	}
}

// TestQuantizeError holds each value to half a step of its block's scale, and
// the layout to the order that Activations documents.
func TestQuantizeError(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	a := testActivations(r, 3, 64, 0)
	for i, x := range a.X {
		at := i/4*16 + i%2*8 + i%4/2
		for j := 0; j < 8; j += 2 {
			got := float64(a.Q[at+j]) * float64(a.D[i/BlockLen])
			require.InDelta(t, x, got, float64(a.D[i/BlockLen])*0.5001)
			require.LessOrEqual(t, a.Q[at+j], int16(maxActivation))
			require.GreaterOrEqual(t, a.Q[at+j], int16(-maxActivation))
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
		{name: "one", value: 1, integer: 2047},
		{name: "largest", value: math.MaxFloat32, integer: 2047},
		{name: "infinite", value: float32(math.Inf(1)), isNaN: true},
		{name: "NaN", value: float32(math.NaN()), isNaN: true},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			x := make([]float32, 32)
			x[5] = c.value
			a := &Activations{}
			a.Resize(x, 1, 32)
			a.Quantize()
			require.Equal(t, c.isNaN, a.D[0] != a.D[0])
			require.Equal(t, c.isZero, a.D[0] == 0)
			require.Equal(t, c.integer, a.Q[16+8], "value 5 is k1 of its four")
		})
	}
}

// randomPacked returns blocks of random bits with finite, or sometimes special, scales.
func randomPacked(r *rand.Rand, groups, blocks, blockBytes int, special bool) []byte {
	w := make([]byte, groups*blocks*blockBytes)
	for i := range w {
		w[i] = byte(r.Uint32())
	}
	for b := 0; b < len(w); b += blockBytes {
		for i := range 4 {
			s := float32(r.NormFloat64())
			if special && r.IntN(8) == 0 {
				s = []float32{float32(math.NaN()), float32(math.Inf(1)), 1e-42}[r.IntN(3)]
			}
			binary.LittleEndian.PutUint32(w[b+blockBytes-16+4*i:], math.Float32bits(s))
		}
	}
	return w
}

// extremePacked has all weights at their most negative: the largest integer sums.
func extremePacked(groups, blocks, blockBytes int) []byte {
	w := randomPacked(rand.New(rand.NewPCG(0, 0)), groups, blocks, blockBytes, false)
	for b := 0; b < len(w); b += blockBytes {
		for i := range blockBytes - 16 {
			w[b+i] = 0x80
		}
	}
	return w
}

func TestPackedProductsEqualGeneric(t *testing.T) {
	generic := map[*packedFormat]func(dst []float32, w []byte, q []int16, d []float32, s []int32){int8Format: matVecInt8Generic, int4Format: matVecInt4Generic}
	for f, plain := range generic {
		t.Run(f.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 1))
			for _, groups := range []int{4, 8, 20} {
				for _, blocks := range []int{1, 2, 3, 7} {
					for tokens := 1; tokens < 8; tokens++ {
						w := randomPacked(r, groups, blocks, f.blockBytes, tokens == 2)
						if tokens == 3 {
							w = extremePacked(groups, blocks, f.blockBytes)
						}
						a := testActivations(r, tokens, blocks*BlockLen, 0)
						rows := groups * GroupRows
						want := make([]float32, tokens*rows)
						for i := range tokens {
							q, d, s := a.token(i)
							plain(want[i*rows:(i+1)*rows], w, q, d, s)
						}
						got, check := guarded[float32](t, tokens*rows, tokens)
						matMulPacked(got, w, a, &Tile{}, f)
						sameBits(t, want, got, "groups=%d blocks=%d tokens=%d", groups, blocks, tokens)
						check()
						for i := range tokens { // alone as in the batch
							q, d, s := a.token(i)
							alone := make([]float32, rows)
							f.matVec(alone, w, q, d, s)
							sameBits(t, alone, got[i*rows:(i+1)*rows], "alone, token %d", i)
						}
					}
				}
			}
		})
	}
}

func TestUnpackEqualsGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for _, c := range []struct {
		name          string
		blockBytes    int
		kernel, plain func([]int16, []float32, []byte)
	}{{"int8", Int8BlockBytes, unpackInt8, unpackInt8Generic}, {"int4", Int4BlockBytes, unpackInt4, unpackInt4Generic}} {
		t.Run(c.name, func(t *testing.T) {
			for blocks := 1; blocks < 6; blocks++ {
				w := randomPacked(r, 1, blocks, c.blockBytes, true)
				want, wantS := make([]int16, blocks*128), make([]float32, blocks*4)
				got, check := guarded[int16](t, blocks*128, blocks)
				gotS, checkS := guarded[float32](t, blocks*4, blocks)
				c.plain(want, wantS, w)
				c.kernel(got, gotS, w)
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
		for _, format := range []*packedFormat{int8Format, int4Format} {
			w := randomPacked(r, g, b, format.blockBytes, seed%2 == 0)
			a := testActivations(r, n, b*BlockLen, int(seed%4))
			rows := g * GroupRows
			got, check := guarded[float32](t, n*rows, int(seed%8))
			matMulPacked(got, w, a, &Tile{}, format)
			check()
			want := make([]float32, rows)
			for i := range n {
				q, d, s := a.token(i)
				if format == int8Format {
					matVecInt8Generic(want, w, q, d, s)
				} else {
					matVecInt4Generic(want, w, q, d, s)
				}
				sameBits(t, want, got[i*rows:(i+1)*rows], "%s token %d", format.name, i)
			}
		}
	})
}

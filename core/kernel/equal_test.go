package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// These tests hold every kernel against its generic form, bit for bit, over
// lengths, offsets and special values; where no twin is compiled in they check
// the generic form against itself and the guards. The vek path has its own bound.

const guard = 0x5A

// guarded returns n values inside a longer slice, off values past its start, and
// a check that nothing around them was written.
func guarded[T float32 | int8 | int16 | int32 | byte](t *testing.T, n, off int) ([]T, func()) {
	t.Helper()
	all := make([]T, n+off+16)
	for i := range all {
		all[i] = guard
	}
	s := all[off : off+n : off+n]
	return s, func() {
		t.Helper()
		for i, v := range all {
			if (i < off || i >= off+n) && v != guard {
				t.Fatalf("n=%d offset=%d: wrote %v at %d, outside of the slice", n, off, v, i-off)
			}
		}
	}
}

// lengths are the sizes that every kernel is tried with.
func lengths() []int {
	var ns []int
	for n := range 68 {
		ns = append(ns, n)
	}
	return append(ns, 255, 256, 257)
}

// values fills x; kind 1 adds NaN, kind 2 infinities and zeros, kind 3 tiny numbers.
func values(r *rand.Rand, x []float32, kind int) {
	for i := range x {
		x[i] = float32(r.NormFloat64())
		if r.IntN(4) > 0 {
			continue
		}
		switch kind {
		case 1:
			x[i] = float32(math.NaN())
		case 2:
			x[i] = []float32{float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)), 3e38}[r.IntN(5)]
		case 3:
			x[i] *= 1e-42
		}
	}
}

// sameBits compares two results; any NaN equals any NaN, since wasm doesn't fix payloads.
func sameBits(t *testing.T, want, got []float32, format string, args ...any) {
	t.Helper()
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) && !(want[i] != want[i] && got[i] != got[i]) {
			require.Failf(t, "not equal", "%s: at %d want %v (%08x), got %v (%08x)", fmt.Sprintf(format, args...), i, want[i], math.Float32bits(want[i]), got[i], math.Float32bits(got[i]))
		}
	}
}

// each runs f over lengths, offsets and kinds of values.
func each(f func(r *rand.Rand, n, off, kind int)) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range lengths() {
		for off := range 8 {
			for kind := range 4 {
				f(r, n, off, kind)
			}
		}
	}
}

func clone(x []float32) []float32 { return append([]float32(nil), x...) }

func TestVectorEqualsGeneric(t *testing.T) {
	table := []struct {
		name          string
		kernel, plain func(dst, x, y []float32, a float32)
	}{
		{"Add", func(dst, x, _ []float32, _ float32) { Add(dst, x) }, func(dst, x, _ []float32, _ float32) { addGeneric(dst, x) }},
		{"Axpy", func(dst, x, _ []float32, a float32) { Axpy(dst, a, x) }, func(dst, x, _ []float32, a float32) { axpyGeneric(dst, a, x) }},
		{"Scale", func(dst, _, _ []float32, a float32) { Scale(dst, a) }, func(dst, _, _ []float32, a float32) { scaleGeneric(dst, a) }},
		{"mulScaled", func(dst, x, y []float32, a float32) { mulScaled(dst, x, a, y) }, func(dst, x, y []float32, a float32) { mulScaledGeneric(dst, x, a, y) }},
		{"SwiGLU", func(dst, x, y []float32, _ float32) { SwiGLU(dst, x, y) }, func(dst, x, y []float32, _ float32) { swiGLUGeneric(dst, x, y) }},
		{"GELU", func(dst, x, _ []float32, _ float32) { GELU(dst, x) }, func(dst, x, _ []float32, _ float32) { geluGeneric(dst, x) }},
		{"GeGLU", func(dst, x, y []float32, _ float32) { GeGLU(dst, x, y) }, func(dst, x, y []float32, _ float32) { geGLUGeneric(dst, x, y) }},
		{"SoftCap", func(dst, _, _ []float32, a float32) { SoftCap(dst, a) }, func(dst, _, _ []float32, a float32) { softCapGeneric(dst, a, 1/a) }},
		{"subtract", func(dst, x, _ []float32, a float32) { subtract(dst, x, a) }, func(dst, x, _ []float32, a float32) { subtractGeneric(dst, x, a) }},
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			each(func(r *rand.Rand, n, off, kind int) {
				dst, check := guarded[float32](t, n, off)
				x, _ := guarded[float32](t, n, (off+3)%8)
				y, _ := guarded[float32](t, n, (off+5)%8)
				values(r, dst, kind)
				values(r, x, kind)
				values(r, y, kind)
				want, x0, y0, a := clone(dst), clone(x), clone(y), float32(r.NormFloat64())
				c.plain(want, x, y, a)
				c.kernel(dst, x, y, a)
				sameBits(t, want, dst, "n=%d offset=%d kind=%d", n, off, kind)
				sameBits(t, x0, x, "x was changed")
				sameBits(t, y0, y, "y was changed")
				check()
			})
		})
	}
}

func TestSwiGLUInPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	gate, up := make([]float32, 37), make([]float32, 37)
	values(r, gate, 0)
	values(r, up, 0)
	want := make([]float32, 37)
	swiGLUGeneric(want, gate, up)
	SwiGLU(gate, gate, up)
	sameBits(t, want, gate, "in place")
}

func TestReductionsEqualGeneric(t *testing.T) {
	each(func(r *rand.Rand, n, off, kind int) {
		x, check := guarded[float32](t, n, off)
		y, _ := guarded[float32](t, n, (off+1)%8)
		values(r, x, kind)
		values(r, y, kind)
		if !vekActive() {
			sameBits(t, []float32{dotGeneric(x, y)}, []float32{Dot(x, y)}, "Dot n=%d offset=%d kind=%d", n, off, kind)
		}
		sameBits(t, []float32{sumGeneric(x)}, []float32{sum(x)}, "sum n=%d offset=%d kind=%d", n, off, kind)
		if n == 0 {
			return
		}
		m := maxOfGeneric(x)
		sameBits(t, []float32{m}, []float32{maxOf(x)}, "maxOf n=%d offset=%d kind=%d", n, off, kind)
		want := clone(x)
		s := expSumGeneric(want, m)
		sameBits(t, []float32{s}, []float32{expSum(x, m)}, "expSum n=%d offset=%d kind=%d", n, off, kind)
		sameBits(t, want, x, "exp n=%d offset=%d kind=%d", n, off, kind)
		check()
	})
}

// TestDotWithinBound holds the path in use, vek's included, to the bound of a
// sum in any order: 2*n*2^-24*sum|x*y|, against the sum in float64.
func TestDotWithinBound(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range append(lengths(), 1000, 4099) {
		x, y := make([]float32, n), make([]float32, n)
		values(r, x, 0)
		values(r, y, 0)
		want, size := 0.0, 0.0
		for i := range x {
			p := float64(x[i]) * float64(y[i])
			want += p
			size += math.Abs(p)
		}
		require.InDelta(t, want, float64(Dot(x, y)), 2*float64(n)*0x1p-24*size, "n=%d", n)
	}
}

func TestMatMulEqualsDot(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, rows := range []int{1, 3, 4, 5, 8, 17} {
		for _, cols := range []int{1, 7, 8, 24, 33, 64} {
			w, x := make([]float32, rows*cols), make([]float32, 3*cols)
			values(r, w, rows%4)
			values(r, x, 0)
			want := make([]float32, 3*rows)
			for i := range 3 {
				for j := range rows {
					want[i*rows+j] = Dot(w[j*cols:(j+1)*cols], x[i*cols:(i+1)*cols])
				}
			}
			got, check := guarded[float32](t, 3*rows, 1)
			MatMul(got, w, x, rows, cols, 3)
			sameBits(t, want, got, "rows=%d cols=%d", rows, cols)
			check()
		}
	}
}

func TestRoPEEqualsGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, headDim := range []int{2, 4, 6, 8, 20, 64} {
		for rot := 2; rot <= headDim; rot += 2 {
			for heads := 1; heads < 4; heads++ {
				x, check := guarded[float32](t, heads*headDim, heads)
				cos, sin := make([]float32, rot), make([]float32, rot)
				values(r, x, 0)
				values(r, cos, 0)
				values(r, sin, 0)
				want := clone(x)
				ropeGeneric(want, cos, sin, headDim)
				RoPE(x, cos, sin, headDim)
				sameBits(t, want, x, "headDim=%d rotated=%d heads=%d", headDim, rot, heads)
				check()
			}
		}
	}
}

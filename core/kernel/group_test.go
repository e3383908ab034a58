package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// groupInput makes the integers of rows x blocks*32 columns of a format, with their
// scales and minima.
func groupInput(r *rand.Rand, t *testing.T, f *Packed, rows, blocks int) (q []int8, d, m []float32) {
	q, _ = guarded[int8](t, rows*blocks*BlockLen, r.IntN(16))
	for i := range q {
		switch {
		case f.Bits == 8:
			q[i] = int8(r.Uint32())
		case f.Min:
			q[i] = int8(r.IntN(16))
		default:
			q[i] = int8(r.IntN(16) - 8)
		}
	}
	d, _ = guarded[float32](t, rows*blocks*BlockLen/f.Group, r.IntN(4))
	m, _ = guarded[float32](t, len(d), r.IntN(4))
	kind := r.IntN(4)
	values(r, d, kind)
	values(r, m, kind)
	return q, d, m
}

func TestPackGroupEqualsGeneric(t *testing.T) {
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(21, uint64(f.BlockBytes())))
			for blocks := range 10 {
				for off := range 17 {
					q, d, m := groupInput(r, t, f, GroupRows, blocks)
					want := make([]byte, blocks*f.BlockBytes())
					got, check := guarded[byte](t, len(want), off)
					f.packGroupGeneric(want, q, d, m)
					f.PackGroup(got, q, d, m)
					require.Equal(t, want, got, "%d blocks at %d", blocks, off)
					check()
				}
			}
		})
	}
}

// TestPackRow writes the rows of a group one at a time, in any order: each leaves the
// others alone, and all together are PackGroup's.
func TestPackRow(t *testing.T) {
	for _, f := range formats {
		t.Run(f.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(22, uint64(f.BlockBytes())))
			const blocks = 3
			q, d, m := groupInput(r, t, f, GroupRows, blocks)
			want := make([]byte, blocks*f.BlockBytes())
			f.PackGroup(want, q, d, m)
			got, check := guarded[byte](t, len(want), 1)
			n, scales := len(q)/GroupRows, len(d)/GroupRows
			for _, row := range r.Perm(GroupRows) {
				f.PackRow(got, row, q[row*n:(row+1)*n], d[row*scales:(row+1)*scales], m[row*scales:(row+1)*scales])
				for i := range got {
					if i/4%GroupRows == row {
						require.Equal(t, want[i], got[i], "byte %d, which row %d owns", i, row)
					}
				}
			}
			require.Equal(t, want, got)
			check()
		})
	}
}

func TestPackGroupPanics(t *testing.T) {
	f := FormatOf(8, 16, true)
	dst, q, d, m := make([]byte, f.BlockBytes()), make([]int8, 128), make([]float32, 8), make([]float32, 8)
	require.NotPanics(t, func() { f.PackGroup(dst, q, d, m) })
	require.Panics(t, func() { f.PackGroup(dst[1:], q, d, m) })
	require.Panics(t, func() { f.PackGroup(dst, q[1:], d, m) })
	require.Panics(t, func() { f.PackGroup(dst, q, d[1:], m) })
	require.Panics(t, func() { f.PackGroup(dst, q, d, m[1:]) })
	require.Panics(t, func() { f.PackRow(dst, 0, q, d, m) })
}

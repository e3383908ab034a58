package kernel

import (
	"encoding/binary"
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
// others alone, all together are PackGroup's, and each can be read again.
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
			for i := range q {
				if q[i] == -128 {
					q[i] = -127
				}
			}
			for row := range GroupRows {
				q2, d2, m2 := make([]int8, n), make([]float32, scales), make([]float32, scales)
				f.UnpackRow(q2, d2, m2, got, row)
				require.Equal(t, q[row*n:(row+1)*n], q2)
				sameBits(t, d[row*scales:(row+1)*scales], d2, "scales")
				if f.Min {
					sameBits(t, m[row*scales:(row+1)*scales], m2, "minima")
				}
			}
		})
	}
}

// TestPackInt8Pairs packs all pairs of weights of 8 bits: those of columns 0 and 1 and of
// 2 and 3 are a number each.
func TestPackInt8Pairs(t *testing.T) {
	f := FormatOf(8, 32, false)
	q, back, d := make([]int8, GroupRows*BlockLen), make([]int8, BlockLen), make([]float32, GroupRows)
	dst := make([]byte, f.BlockBytes())
	for even := -127; even <= 127; even++ {
		for odd := -127; odd <= 127; odd++ {
			for i := 0; i < len(q); i += 2 {
				q[i], q[i+1] = int8(even), int8(odd)
			}
			f.PackGroup(dst, q, d, nil)
			require.Equal(t, 256*odd+even, int(int16(binary.LittleEndian.Uint16(dst))))
			f.UnpackRow(back, d[:1], nil, dst, 3)
			require.Equal(t, q[:BlockLen], back)
		}
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
	require.Panics(t, func() { f.UnpackRow(q, d, m, dst, 0) })
	for _, place := range []int{-1, GroupRows} {
		require.Panics(t, func() { f.PackRow(dst, place, q[:32], d[:2], m[:2]) })
		require.Panics(t, func() { f.UnpackRow(q[:32], d[:2], m[:2], dst, place) })
	}
	require.NotPanics(t, func() { f.PackRow(dst, 3, q[:32], d[:2], m[:2]) })
}

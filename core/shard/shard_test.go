package shard

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDivide(t *testing.T) {
	for _, c := range []struct {
		n, unit, workers int
		want             Split
	}{
		{576, 16, 1, Split{0, 576}},
		{576, 16, 2, Split{0, 288, 576}},
		{9, 1, 2, Split{0, 5, 9}},
		{3, 1, 4, Split{0, 1, 2, 3, 3}},
		{40, 16, 2, Split{0, 32, 40}},
		{5, 16, 3, Split{0, 5, 5, 5}},
		{0, 16, 2, Split{0, 0, 0}},
		{49152, 16, 3, Split{0, 16384, 32768, 49152}},
	} {
		assert.Equal(t, c.want, Divide(c.n, c.unit, c.workers), "%d values in units of %d for %d workers", c.n, c.unit, c.workers)
	}
	s := Divide(100, 16, 3)
	assert.Equal(t, 100, s.Total())
	for i := range 100 {
		own := s.Of(s.Owner(i))
		assert.True(t, own.From <= i && i < own.To)
	}
	assert.Equal(t, Split{0, 144, 240, 300}, s.Times(nil, 3))
}

// each runs f on every end of a group, at once.
func each(groups []*LocalGroup, f func(g *LocalGroup)) {
	var wg sync.WaitGroup
	for _, g := range groups {
		wg.Go(func() { f(g) })
	}
	wg.Wait()
}

func TestLocal(t *testing.T) {
	for size := 1; size <= 4; size++ {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			each(Local(size), func(g *LocalGroup) {
				for step := range 500 {
					s := Divide(step%7*3, 2, size)
					x := make([]float32, s.Total())
					own := s.Of(g.Rank())
					for i := own.From; i < own.To; i++ {
						x[i] = float32(1000*step + i)
					}
					want := func(i int) bool { return true }
					switch step % 3 {
					case 0:
						g.AllGather(x, s)
					case 1:
						g.Gather(x, s)
						want = func(i int) bool { return g.Rank() == 0 || own.From <= i && i < own.To }
					case 2:
						message := make([]int32, 3)
						if g.Rank() == 0 {
							message = []int32{int32(step), -1, 7}
						}
						g.Broadcast(message)
						assert.Equal(t, []int32{int32(step), -1, 7}, message)
						g.AllGather(x, s)
					}
					for i := range x {
						if want(i) {
							assert.Equal(t, float32(1000*step+i), x[i])
						} else {
							assert.Zero(t, x[i])
						}
					}
				}
				assert.NoError(t, g.Err())
			})
		})
	}
}

// TestLocalBreaks: a group that breaks, wherever its workers are, lets all of them go.
func TestLocalBreaks(t *testing.T) {
	reason := errors.New("a worker died")
	groups := Local(3)
	go func() {
		time.Sleep(time.Millisecond)
		groups[2].Break(reason) // never takes part
	}()
	each(groups[:2], func(g *LocalGroup) {
		g.AllGather(make([]float32, 9), Split{0, 3, 6, 9})
		g.Broadcast(make([]int32, 2))
		assert.Equal(t, reason, g.Err())
	})
	groups[0].Close()
	assert.Equal(t, reason, groups[1].Err(), "the first reason counts")

	groups = Local(2)
	go groups[0].Close()
	groups[1].Broadcast(make([]int32, 2))
	assert.Equal(t, ErrClosed, groups[1].Err())
}

func TestSoloAndPlan(t *testing.T) {
	x := []float32{1, 2}
	Solo.AllGather(x, Split{0, 2})
	Solo.Gather(x, Split{0, 2})
	Solo.Broadcast(nil)
	assert.Equal(t, []float32{1, 2}, x)
	assert.Equal(t, []any{0, 1, nil}, []any{Solo.Rank(), Solo.Size(), Solo.Err()})
	p := Plan(1, 3, false)
	require.Equal(t, []any{1, 3, nil}, []any{p.Rank(), p.Size(), p.Err()})
	assert.Panics(t, func() { p.AllGather(x, nil) })
	assert.Panics(t, func() { p.Gather(x, nil) })
	assert.Panics(t, func() { p.Broadcast(nil) })
}

func BenchmarkLocal(b *testing.B) {
	groups, s := Local(2), Divide(800, 16, 2)
	each(groups, func(g *LocalGroup) {
		x := make([]float32, 800)
		for range b.N {
			g.AllGather(x, s)
		}
	})
}

package shard

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// spins is how often a worker looks for the others before it sleeps: an exchange
// of a decode step is over within microseconds.
const spins = 2000

// Local returns the ends of a group of goroutines in one process.
func Local(size int) []*LocalGroup {
	h := &hub{size: size, done: make([]counter, size), parts: make([][]float32, size)}
	h.changed.L = &h.mu
	groups := make([]*LocalGroup, size)
	for r := range groups {
		groups[r] = &LocalGroup{hub: h, rank: r}
	}
	return groups
}

// LocalGroup is a goroutine's end of a group.
type LocalGroup struct {
	*hub
	rank int
	step uint64 // steps that this worker has finished
}

// hub is what the goroutines share. An exchange has two steps: when all workers
// have finished the first, their parts may be read, after the second, overwritten.
type hub struct {
	size    int
	done    []counter   // steps that each worker has finished
	parts   [][]float32 // of the exchange at hand
	message []int32

	mu      sync.Mutex // guards err, and sleeping
	changed sync.Cond
	asleep  atomic.Int32
	broken  atomic.Bool
	err     error
}

// counter has a cache line of its own.
type counter struct {
	n atomic.Uint64
	_ [56]byte
}

// Rank is as in Group.
func (g *LocalGroup) Rank() int { return g.rank }

// Size is as in Group.
func (g *LocalGroup) Size() int { return g.size }

// Costly is false: goroutines exchange through memory.
func (g *LocalGroup) Costly() bool { return false }

// Err is as in Group.
func (g *LocalGroup) Err() error {
	if !g.broken.Load() {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Break makes the group broken for all workers, with err as the reason, unless it
// is already.
func (h *hub) Break(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.err = err
		h.broken.Store(true)
		h.changed.Broadcast()
	}
}

// Close breaks the group with ErrClosed.
func (h *hub) Close() { h.Break(ErrClosed) }

// AllGather is as in Group.
func (g *LocalGroup) AllGather(x []float32, s Split) { g.gather(x, s, true) }

// Gather is as in Group.
func (g *LocalGroup) Gather(x []float32, s Split) { g.gather(x, s, g.rank == 0) }

func (g *LocalGroup) gather(x []float32, s Split, want bool) {
	own := s.Of(g.rank)
	g.parts[g.rank] = x[own.From:own.To]
	if !g.meet() {
		return
	}
	if want {
		for r, part := range g.parts {
			if r != g.rank {
				copy(x[s[r]:s[r+1]], part)
			}
		}
	}
	g.meet()
}

// Broadcast is as in Group.
func (g *LocalGroup) Broadcast(message []int32) {
	if g.rank == 0 {
		g.message = message
	}
	if !g.meet() {
		return
	}
	if g.rank != 0 {
		copy(message, g.message)
	}
	g.meet()
}

// meet finishes a step and waits until all have; false means that the group is broken.
func (g *LocalGroup) meet() bool {
	g.step++
	g.done[g.rank].n.Store(g.step)
	if g.asleep.Load() > 0 {
		g.mu.Lock()
		g.changed.Broadcast()
		g.mu.Unlock()
	}
	for i := range spins {
		if g.broken.Load() {
			return false
		}
		if g.met() {
			return true
		}
		if i%32 == 31 {
			runtime.Gosched()
		}
	}
	g.asleep.Add(1) // before the last look: who finishes after it wakes us
	defer g.asleep.Add(-1)
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.err == nil && !g.met() {
		g.changed.Wait()
	}
	return g.err == nil
}

// met is whether all workers have finished the step.
func (g *LocalGroup) met() bool {
	for r := range g.done {
		if g.done[r].n.Load() < g.step {
			return false
		}
	}
	return true
}

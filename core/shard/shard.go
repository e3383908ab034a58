// Package shard lets several workers hold a model together. Each has its own rows
// of the matrices and its own heads; after a product they exchange what they have
// computed. A sum is computed by one worker, in the same order as by one alone: the
// bits don't depend on how many there are.
//
// The split by output rows is that of Shoeybi et al., "Megatron-LM",
// arXiv:1909.08053, §3. The sums across workers that its second matrix of each pair
// needs exist for two workers only, and one alone makes the same (nn.Halved); more
// workers gather rows instead.
package shard

import "errors"

// ErrClosed says that a group has been closed.
var ErrClosed = errors.New("shard: the group is closed")

// Group is one worker's end of the exchange. All workers of a group call the same
// methods in the same order, with the same sizes.
//
// A group that broke (a worker died, or doesn't answer) stays broken: its methods
// return at once, what they give is without meaning, and Err says why. So a
// computation runs to its end and asks once.
type Group interface {
	// Rank is this worker's number, 0 to Size-1.
	Rank() int
	// Size is how many workers there are.
	Size() int
	// Costly tells whether an exchange takes so long that a worker could read a few
	// megabytes in that time.
	Costly() bool

	// AllGather completes x, of which every worker has filled its part
	// x[s[rank]:s[rank+1]], on all workers. s has Size+1 offsets.
	AllGather(x []float32, s Split)
	// Gather is AllGather for worker 0 alone; on the others x keeps its own part.
	Gather(x []float32, s Split)

	// Broadcast copies worker 0's message to the others, which wait for it as long
	// as it takes.
	Broadcast(message []int32)

	// Err returns why the group is broken, or nil.
	Err() error
}

// Split says which part of a row each worker has: worker r the values from s[r]
// up to s[r+1].
type Split []int

// Divide returns the split of n values into parts of whole units, as even as they
// can be; the last unit may be shorter. With fewer units than workers some get none.
func Divide(n, unit, workers int) Split {
	units := (n + unit - 1) / unit
	s := make(Split, workers+1)
	for r := range s {
		s[r] = min(n, (r*units+workers-1)/workers*unit)
	}
	return s
}

// Total returns the length of the whole.
func (s Split) Total() int { return s[len(s)-1] }

// Of returns the part of a worker.
func (s Split) Of(rank int) Range { return Range{s[rank], s[rank+1]} }

// Times appends to dst the split of n such rows that are stored worker by worker.
func (s Split) Times(dst Split, n int) Split {
	for _, at := range s {
		dst = append(dst, at*n)
	}
	return dst
}

// Owner returns the worker that has value i.
func (s Split) Owner(i int) int {
	r := 0
	for i >= s[r+1] {
		r++
	}
	return r
}

// Range is the values From up to To.
type Range struct{ From, To int }

// Len returns the number of values.
func (r Range) Len() int { return r.To - r.From }

// Solo is the group of a worker that is alone.
var Solo Group = solo{}

type solo struct{}

func (solo) Rank() int                  { return 0 }
func (solo) Size() int                  { return 1 }
func (solo) Costly() bool               { return false }
func (solo) AllGather([]float32, Split) {}
func (solo) Gather([]float32, Split)    {}
func (solo) Broadcast([]int32)          {}
func (solo) Err() error                 { return nil }

// Plan is a group for arithmetic only: it says what a worker would hold, and
// panics if it is asked to exchange anything.
func Plan(rank, size int, costly bool) Group { return plan{rank, size, costly} }

type plan struct {
	rank, size int
	costly     bool
}

func (p plan) Rank() int                { return p.rank }
func (p plan) Size() int                { return p.size }
func (p plan) Costly() bool             { return p.costly }
func (plan) AllGather([]float32, Split) { panic("shard: a plan can't exchange") }
func (plan) Gather([]float32, Split)    { panic("shard: a plan can't exchange") }
func (plan) Broadcast([]int32)          { panic("shard: a plan can't exchange") }
func (plan) Err() error                 { return nil }

package wasm

import (
	"errors"
	"syscall/js"
	"unsafe"

	"github.com/gander-lm/gander/core/shard"
)

// Exchange is the function of www/gander/group.js that completes x, 32-bit words of which split says who has filled which; split is
// int32 [workers+1]. It returns exchangeDone, or exchangePending (then the engine's function exchanged is called), or exchangeBroken.
type Exchange func(x, split unsafe.Pointer, flags int32) int32

// The flags and results of an Exchange, as in group.js.
const (
	exchangeAll       = 0
	exchangeGather    = 1
	exchangeBroadcast = 2

	exchangeDone    = 0
	exchangePending = 1
)

var errBroken = errors.New("wasm: a worker of the model died or does not answer")

// group is this worker's end of a group of Web Workers.
type group struct {
	rank, size int
	costly     bool
	exchange   Exchange
	exchanged  chan bool // false: it broke
	split      []int32
	err        error
}

// newGroup returns the end that options.group {rank, size, costly} describes, or nil if the worker is alone.
func newGroup(options js.Value, exchange Exchange, exchanged chan bool) shard.Group {
	plan := options.Get("group")
	if !plan.Truthy() {
		return nil
	}
	return &group{rank: plan.Get("rank").Int(), size: plan.Get("size").Int(), costly: plan.Get("costly").Bool(), exchange: exchange, exchanged: exchanged}
}

func (g *group) Rank() int    { return g.rank }
func (g *group) Size() int    { return g.size }
func (g *group) Costly() bool { return g.costly }
func (g *group) Err() error   { return g.err }

func (g *group) AllGather(x []float32, s shard.Split) { g.floats(x, s, exchangeAll) }
func (g *group) Gather(x []float32, s shard.Split)    { g.floats(x, s, exchangeGather) }

func (g *group) floats(x []float32, s shard.Split, flags int32) {
	if s.Total() == 0 {
		return
	}
	g.split = g.split[:0]
	for _, at := range s {
		g.split = append(g.split, int32(at))
	}
	g.run(unsafe.Pointer(&x[0]), flags)
}

func (g *group) Broadcast(message []int32) {
	g.split = append(g.split[:0], 0)
	for range g.size {
		g.split = append(g.split, int32(len(message)))
	}
	g.run(unsafe.Pointer(&message[0]), exchangeBroadcast)
}

func (g *group) run(x unsafe.Pointer, flags int32) {
	if g.err != nil {
		return
	}
	switch g.exchange(x, unsafe.Pointer(&g.split[0]), flags) {
	case exchangeDone:
	case exchangePending:
		if !<-g.exchanged {
			g.err = errBroken
		}
	default:
		g.err = errBroken
	}
}

package core

import (
	"math"
	"time"

	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// Speed is what a worker of a group has measured of itself.
type Speed struct {
	Rate     float64 `json:"rate"`     // bytes of packed weights a second, in a product with one token, while all workers compute
	Exchange float64 `json:"exchange"` // seconds that an exchange takes
}

// Of what is measured: a matrix that is larger than the near caches, and the
// exchange of a residual stream.
const (
	measuredRows, measuredCols = 8192, 1024
	measuredFloats             = 1536
	measuredTimes, atOnce      = 6, 8 // a browser's clock ticks every 0.1 ms where the page is not isolated
)

// Measure takes a group's speed, all workers at the same time; a nil group is a
// worker alone. It takes about 20 ms. What counts is the best of some short times,
// which other work on the machine disturbs least; a product is followed by an
// exchange, so that the slowest worker is in the time.
func Measure(group shard.Group) (Speed, error) {
	if group == nil {
		group = shard.Solo
	}
	m := quant.NewMatrix(measuredRows, measuredCols, quant.Q8_0.Layout(measuredCols))
	var x kernel.Activations
	x.Resize(make([]float32, measuredCols), 1, measuredCols)
	x.Quantize()
	dst, ws := make([]float32, measuredRows), &quant.Workspace{}
	part, s := make([]float32, measuredFloats), shard.Divide(measuredFloats, 16, group.Size())
	exchange := func() { group.AllGather(part, s) }
	round := best(func() {
		m.MatMul(dst, &x, ws)
		exchange()
	})
	var speed Speed
	if group.Size() > 1 {
		speed.Exchange = best(exchange)
	}
	speed.Rate = float64(m.Bytes()) / max(round-speed.Exchange, 1e-9)
	return speed, group.Err()
}

// best returns the shortest of some times that f takes, on average of a few, in seconds.
func best(f func()) float64 {
	f() // the first time is slower
	shortest := math.Inf(1)
	for range measuredTimes {
		start := time.Now()
		for range atOnce {
			f()
		}
		shortest = min(shortest, time.Since(start).Seconds()/atOnce)
	}
	return shortest
}

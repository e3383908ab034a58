package core

import (
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
	measuredExchanges          = 24
)

// Measure takes a group's speed, all workers at the same time, for about d; a nil
// group is a worker alone.
func Measure(group shard.Group, d time.Duration) (Speed, error) {
	if group == nil {
		group = shard.Solo
	}
	m := quant.NewMatrix(measuredRows, measuredCols, quant.Q8_0.Layout(measuredCols))
	var x kernel.Activations
	x.Resize(make([]float32, measuredCols), 1, measuredCols)
	x.Quantize()
	dst, ws := make([]float32, measuredRows), &quant.Workspace{}
	m.MatMul(dst, &x, ws) // the first time is slower
	part, s := make([]float32, measuredFloats), shard.Divide(measuredFloats, 16, group.Size())
	group.AllGather(part, s)
	var speed Speed
	start, n := time.Now(), 0
	for time.Since(start) < d/2 || n < 2 {
		m.MatMul(dst, &x, ws)
		n++
	}
	speed.Rate = float64(n) * float64(m.Bytes()) / time.Since(start).Seconds()
	if group.Size() > 1 {
		group.AllGather(part, s)
		start = time.Now()
		for range measuredExchanges {
			group.AllGather(part, s)
		}
		speed.Exchange = time.Since(start).Seconds() / measuredExchanges
	}
	return speed, group.Err()
}

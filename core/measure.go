package core

import (
	"fmt"
	"math"
	"time"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// Speed is what a worker of a group has measured of itself.
type Speed struct {
	Rate     float64 `json:"rate"`     // bytes of packed weights a second, in a product with one token, while all workers compute
	Exchange float64 `json:"exchange"` // seconds that an exchange takes
}

// Of what is measured: a matrix that no near cache holds, as a model's weights are,
// and the exchange of a residual stream.
const (
	measuredBytes, measuredCols = 24 << 20, 2048
	measuredFloats              = 1536

	// How often: products are long enough for a clock that ticks every 0.1 ms, as a
	// browser's does where the page is not isolated; exchanges are taken some at once.
	measuredTimes, exchangesAtOnce = 12, 8
)

// Measure takes a group's speed with weights of a type (see Info.MainType), all
// workers at the same time; a nil group is a worker alone. It takes about 0.1 s. What counts is the best of some short times,
// which other work on the machine disturbs least; a product is followed by an
// exchange, so that the slowest worker is in the time.
func Measure(group shard.Group, mainType string) (Speed, error) {
	t, ok := quant.ByName(mainType)
	if !ok {
		return Speed{}, &errs.OptionError{Option: "mainType", What: fmt.Sprintf("%q is no type of weights", mainType)}
	}
	if group == nil {
		group = shard.Solo
	}
	m := measuredMatrix(t)
	var x kernel.Activations
	x.Resize(make([]float32, measuredCols), 1, measuredCols)
	m.Quantize(&x)
	dst, ws := make([]float32, m.Rows), &quant.Workspace{}
	part, s := make([]float32, measuredFloats), shard.Divide(measuredFloats, 16, group.Size())
	exchange := func() { group.AllGather(part, s) }
	round := best(1, func() {
		m.MatMul(dst, &x, ws)
		exchange()
	})
	var speed Speed
	if group.Size() > 1 {
		speed.Exchange = best(exchangesAtOnce, exchange)
	}
	speed.Rate = float64(m.Bytes()) / max(round-speed.Exchange, 1e-9)
	return speed, group.Err()
}

// measuredMatrix returns a matrix of zeros that were written: memory that never was
// has one page for all, and is read as fast as a near cache.
func measuredMatrix(t quant.Type) *quant.Matrix {
	layout := t.Layout(measuredCols)
	rows := int(measuredBytes / quant.MatrixBytes(kernel.RowMultiple, measuredCols, layout) * kernel.RowMultiple)
	m := quant.NewMatrix(rows, measuredCols, layout)
	rowBytes, _ := t.RowBytes(measuredCols)
	raw, packer := make([]byte, kernel.RowMultiple*rowBytes), &quant.Packer{}
	for first := 0; first < rows; first += kernel.RowMultiple {
		packer.Pack(m, first, kernel.RowMultiple, t, raw)
	}
	return m
}

// best returns the shortest of some times that f takes, of n at once on average, in
// seconds.
func best(n int, f func()) float64 {
	f() // the first time is slower
	shortest := math.Inf(1)
	for range measuredTimes {
		start := time.Now()
		for range n {
			f()
		}
		shortest = min(shortest, time.Since(start).Seconds()/float64(n))
	}
	return shortest
}

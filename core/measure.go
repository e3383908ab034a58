package core

import (
	"fmt"
	"time"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// Pace is what a worker has measured of itself: how many bytes of packed weights it
// reads a second, in products with one token.
type Pace struct {
	Alone    float64 `json:"alone"`    // while the others wait; of worker 0 only
	Together float64 `json:"together"` // while all compute, and exchange what they have computed
}

// Of what is measured: a model's weights, as many as no cache holds, of all workers
// together and of each at least, and exchanges of a residual stream.
const (
	measuredBytes, measuredLeast = 48 << 20, 16 << 20
	measuredCols, measuredFloats = 2048, 1536

	// How often, alone and together in turns: a machine's pace changes from one moment to
	// the next. Each time is long enough for a clock that ticks every 0.1 ms, as a
	// browser's does where the page is not isolated.
	measuredTimes = 7
)

// Measure takes the pace of a group's workers with a model of whose weights the largest
// part has so many bytes, most of them of a type (see Info.MainType), and which makes so
// many exchanges for a token. All workers measure at the same time, some 0.1 s; a nil
// group is a worker alone.
func Measure(group shard.Group, mainType string, weights int64, exchanges int) (Pace, error) {
	t, ok := quant.ByName(mainType)
	if !ok {
		return Pace{}, &errs.OptionError{Option: "mainType", What: fmt.Sprintf("%q is no type of weights", mainType)}
	}
	if weights <= 0 || exchanges < 0 {
		return Pace{}, &errs.OptionError{Option: "weights", What: fmt.Sprintf("%d bytes and %d exchanges are no model", weights, exchanges)}
	}
	if group == nil {
		group = shard.Solo
	}
	size := int64(group.Size())
	most := min(weights, max(measuredBytes/size, measuredLeast))
	grain := min(weights/max(int64(exchanges), 1), measuredLeast)
	matrix := measuredMatrix(t, grain)
	grain = matrix.Bytes()
	together := max((most+grain/2)/grain, 1)
	matrices := []*quant.Matrix{matrix}
	held := together
	if group.Rank() == 0 {
		held = max((min(weights*size, measuredBytes)+grain/2)/grain, together)
	}
	for int64(len(matrices)) < held {
		matrices = append(matrices, measuredMatrix(t, grain))
	}

	var x kernel.Activations
	x.Resize(make([]float32, measuredCols), 1, measuredCols)
	matrix.Quantize(&x)
	dst, ws := make([]float32, matrix.Rows), &quant.Workspace{}
	part, s := make([]float32, measuredFloats), shard.Divide(measuredFloats, 16, group.Size())
	exchange := func() { group.AllGather(part, s) }
	var alone, all best
	for range measuredTimes {
		if group.Rank() == 0 {
			alone.time(func() {
				for _, m := range matrices {
					m.MatMul(dst, &x, ws)
				}
			})
		}
		exchange()
		all.time(func() {
			for _, m := range matrices[:together] {
				m.MatMul(dst, &x, ws)
				exchange()
			}
		})
	}
	return Pace{Alone: alone.rate(held * grain), Together: all.rate(together * grain)}, group.Err()
}

// measuredMatrix returns a matrix of so many bytes, as far as rows allow. It is zeros that
// were written: memory that never was has one page for all, and is read as fast as a near
// cache.
func measuredMatrix(t quant.Type, bytes int64) *quant.Matrix {
	layout := t.Layout(measuredCols)
	unit := quant.MatrixBytes(kernel.RowMultiple, measuredCols, layout)
	m := quant.NewMatrix(int(max(bytes/unit, 1))*kernel.RowMultiple, measuredCols, layout)
	rowBytes, _ := t.RowBytes(measuredCols)
	raw, packer := make([]byte, kernel.RowMultiple*rowBytes), &quant.Packer{}
	for first := 0; first < m.Rows; first += kernel.RowMultiple {
		packer.Pack(m, first, kernel.RowMultiple, t, raw)
	}
	return m
}

// best has the two shortest of some times, in seconds, of which the second counts: the
// shortest would hide that exchanges take now longer and now shorter, and the median be
// disturbed by other work on the machine. Zero is no time.
type best struct{ first, second float64 }

func (b *best) time(f func()) {
	start := time.Now()
	f()
	switch t := max(time.Since(start).Seconds(), 1e-9); {
	case b.first == 0 || t < b.first:
		b.first, b.second = t, b.first
	case b.second == 0 || t < b.second:
		b.second = t
	}
}

// rate returns how many of so many bytes a second that makes, 0 if nothing was timed.
func (b *best) rate(bytes int64) float64 {
	if b.second == 0 {
		return 0
	}
	return float64(bytes) / b.second
}

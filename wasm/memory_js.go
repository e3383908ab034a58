package wasm

import (
	"runtime"
	"runtime/debug"
	"time"
)

// WebAssembly memory grows and never shrinks, so garbage that is let pile up costs for good. Collecting early is cheap once a model is
// there: nearly all of the heap is weights, which hold no pointers. The limit leaves room below the 4 GiB that 32-bit addresses reach.
const (
	gcPercent   = 25
	memoryLimit = 3904 << 20 // bytes
)

// modelLimit is how many bytes a model and its session may need: what 32-bit addresses reach, less what the program itself, the
// vocabulary and the reading of a tensor take.
const modelLimit = 3776 << 20

func setMemory() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
}

const (
	collectAfter = time.Second // how long after a model was opened or inspected garbage is collected again
	openedMost   = 2           // what is opened or inspected before then: whoever loads a model inspects it first
)

// withoutCollecting stops the collection of garbage, unless memory gets scarce, until a while after the function that it returns was
// called. A header and a model leave little garbage, about as much as the vocabulary takes. To collect it meanwhile took a sixth of the
// time of a load: the vocabulary is walked in code that is not optimised yet, and that the browser then optimises on the processors that
// are reading the weights.
func (e *engine) withoutCollecting() func() {
	if e.collecting != nil {
		e.collecting.Stop()
	}
	if e.opened >= openedMost {
		e.collect()
	}
	e.opened++
	debug.SetGCPercent(-1)
	return func() {
		e.collecting = time.AfterFunc(collectAfter, func() {
			debug.SetGCPercent(gcPercent)
			e.collect()
		})
	}
}

// collect collects garbage now.
func (e *engine) collect() {
	e.opened = 0
	runtime.GC()
}

package wasm

import (
	"os"
	"runtime/debug"
	"syscall/js"
)

// WebAssembly memory grows and never shrinks, so garbage that is let pile up costs for good. Collecting early is cheap once a model is
// there: nearly all of the heap is weights, which hold no pointers. While it opens, the heap is small and grows, and each collection
// walks the vocabulary, in code that is not optimised yet: two in place of six saved a tenth of a load of 0.7 s. The little garbage of that
// time makes room for weights. The limit leaves room below the 4 GiB that 32-bit
// addresses reach.
const (
	gcPercent        = 25
	gcPercentOpening = 400
	memoryLimit      = 3904 << 20 // bytes
)

// modelLimit is how many bytes a model and its session may need: what 32-bit addresses reach, less what the program itself, the
// vocabulary and the reading of a tensor take.
const modelLimit = 3776 << 20

// Serve offers the engine to JavaScript and never returns.
//
// The first program argument names a global object {ready, pause, takeMemory}: ready is called once with the engine's functions; pause calls its
// argument back after the event loop had a turn; takeMemory gives a Uint8Array for so many bytes of a token's weights. exchange is how the workers of a model exchange what they have computed.
func Serve(exchange Exchange) {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	hook := js.Global().Get(os.Args[1])
	e := &engine{pause: hook.Get("pause"), takeMemory: hook.Get("takeMemory"), exchange: exchange, exchanged: make(chan bool, 1)}
	functions := js.Global().Get("Object").New()
	for name, f := range map[string]func([]js.Value) (any, error){
		"open":              e.open,
		"inspect":           e.inspect,
		"tokenize":          e.tokenize,
		"detokenize":        e.detokenize,
		"applyChatTemplate": e.applyChatTemplate,
		"logits":            e.logits,
		"embed":             e.embed,
		"generate":          e.generate,
		"follow":            e.follow,
		"measure":           e.measure,
	} {
		functions.Set(name, promiseFunc(f))
	}
	functions.Set("exchanged", js.FuncOf(func(_ js.Value, args []js.Value) any {
		e.exchanged <- args[0].Bool()
		return nil
	}))
	hook.Get("ready").Invoke(functions)
	select {} // the functions are called from the event loop
}

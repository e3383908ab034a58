package wasm

import (
	"os"
	"syscall/js"
)

// Serve offers the engine to JavaScript and never returns.
//
// The first program argument names a global object {ready, pause, takeMemory}: ready is called once with the engine's functions; pause calls its
// argument back after the event loop had a turn; takeMemory gives a Uint8Array for so many bytes of a token's weights. exchange is how the workers of a model exchange what they have computed.
func Serve(exchange Exchange) {
	setMemory()
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

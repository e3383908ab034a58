// Package wasm is the Go half of the boundary to JavaScript, and the only package that imports syscall/js.
//
// [Serve] hands an object of functions to www/gander/engine.js, whose typedef GoEngine documents them, and waits for calls. Each
// function returns a Promise and does its work in a goroutine of its own, so that JavaScript's event loop is never held for longer
// than about 8 ms at a stretch while tokens are generated.
//
// A rejection is an object {code, message}, with a code of [core.Code], or the very value with which the JavaScript source of the
// model's bytes rejected. A panic rejects with the code "internal", and the engine lives on.
//
//	func main() { wasm.Serve() } // cmd/wasm
package wasm

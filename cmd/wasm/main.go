//go:build js && wasm

// Command wasm is the engine as a WebAssembly program; www/gander/engine.js starts it. Build it with scripts/build-wasm.sh.
package main

import (
	"unsafe"

	"github.com/gander-lm/gander/wasm"
)

// exchange is imported here and not in package wasm so that the tests of that package run without it.
//
//go:wasmimport gander exchange
func exchange(x, split unsafe.Pointer, flags int32) int32

func main() { wasm.Serve(exchange) }

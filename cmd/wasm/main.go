//go:build js && wasm

// Command wasm is the engine as a WebAssembly program; www/gander/engine.js starts it. Build it with scripts/build-wasm.sh.
package main

import "github.com/gander-lm/gander/wasm"

func main() { wasm.Serve() }

package wasm

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"syscall/js"

	"github.com/gander-lm/gander/core"
)

// promiseFunc makes a JavaScript function that runs work with its arguments in a new goroutine and returns a Promise of what work
// returns, in a form that js.ValueOf takes.
func promiseFunc(work func(args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		var executor js.Func
		executor = js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				defer executor.Release()
				value, err := protect(work, args)
				if err != nil {
					settle[1].Invoke(rejection(err))
					return
				}
				settle[0].Invoke(value)
			}()
			return nil
		})
		return js.Global().Get("Promise").New(executor)
	})
}

// protect runs work and turns a panic into an error.
func protect(work func(args []js.Value) (any, error), args []js.Value) (value any, err error) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "panic: %v\n\n%s", r, debug.Stack()) // the console, for the bug report
			err = panicError{r}
		}
	}()
	return work(args)
}

// A panicError is a panic that was caught at the boundary.
type panicError struct{ value any }

func (e panicError) Error() string { return fmt.Sprintf("gander has a bug: panic: %v", e.value) }

// A jsError is what a Promise of JavaScript's rejected with.
type jsError struct{ value js.Value }

func (e jsError) Error() string { return "wasm: " + e.value.Call("toString").String() }

// rejection is the value with which a Promise rejects for err.
func rejection(err error) any {
	var thrown jsError
	if errors.As(err, &thrown) {
		return thrown.value
	}
	var panicked panicError
	code := "internal"
	if !errors.As(err, &panicked) {
		code = core.Code(err)
	}
	object := map[string]any{"code": code, "message": err.Error()}
	var memory *core.MemoryError
	if errors.As(err, &memory) {
		need := toJS(reflect.ValueOf(memory.Need)).(map[string]any)
		need["limit"] = memory.Limit
		object["memory"] = need
	}
	return object
}

// await waits until a Promise settles. It must not be called from a js.Func directly, only from a goroutine.
func await(promise js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	settled := make(chan result, 1)
	fulfilled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- result{value: args[0]}
		return nil
	})
	defer fulfilled.Release()
	rejected := js.FuncOf(func(_ js.Value, args []js.Value) any {
		settled <- result{err: jsError{args[0]}}
		return nil
	})
	defer rejected.Release()
	promise.Call("then", fulfilled, rejected)
	r := <-settled
	return r.value, r.err
}

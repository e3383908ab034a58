package wasm

import (
	"context"
	"syscall/js"
	"time"
)

// turn is for how long the engine computes before it lets the event loop have a turn, which costs it some 0.1 ms. Without one no message
// gets in, an abort least of all; tokens get out without.
const turn = 16 * time.Millisecond

// A callContext is the context of one call: an AbortSignal cancels it, and looking whether it is cancelled gives the event loop its
// turn. The engine looks between tokens and between the chunks of a prompt. It derives from no other context, so that context.Cause
// asks Err too.
type callContext struct {
	done   chan struct{}
	err    error
	pause  js.Value
	back   js.Func       // what pause calls back
	resume chan struct{} // gets a value from it
	last   time.Time     // when the event loop last had a turn
}

// newContext returns the context of a call and a function that must be called at its end. signal is an AbortSignal.
func newContext(signal, pause js.Value) (context.Context, func()) {
	c := &callContext{done: make(chan struct{}), pause: pause, resume: make(chan struct{}, 1), last: time.Now()}
	c.back = js.FuncOf(func(js.Value, []js.Value) any {
		c.resume <- struct{}{}
		return nil
	})
	onAbort := js.FuncOf(func(js.Value, []js.Value) any {
		c.cancel()
		return nil
	})
	signal.Call("addEventListener", "abort", onAbort)
	if signal.Get("aborted").Bool() {
		c.cancel()
	}
	return c, func() {
		signal.Call("removeEventListener", "abort", onAbort)
		onAbort.Release()
		c.back.Release()
		c.cancel()
	}
}

func (c *callContext) cancel() {
	if c.err == nil {
		c.err = context.Canceled
		close(c.done)
	}
}

// Deadline says that there is none.
func (c *callContext) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value holds nothing.
func (c *callContext) Value(any) any { return nil }

// Err is as in context.Context, after a turn of the event loop if one is due.
func (c *callContext) Err() error {
	c.yield()
	return c.err
}

// Done is as in context.Context, after a turn of the event loop if one is due.
func (c *callContext) Done() <-chan struct{} {
	c.yield()
	return c.done
}

// yield waits until the event loop had a turn, unless it had one not long ago.
func (c *callContext) yield() {
	if time.Since(c.last) < turn {
		return
	}
	c.pause.Invoke(c.back)
	<-c.resume
	c.last = time.Now()
}

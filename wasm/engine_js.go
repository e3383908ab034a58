package wasm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"syscall/js"
	"time"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/profile"
	"github.com/gander-lm/gander/core/shard"
)

// progressInterval is the least time between two progress reports; the last one always comes.
const progressInterval = 50 * time.Millisecond

var errNoModel = errors.New("wasm: no model is open")

// An engine holds one model. The worker sees to it that logits and generate run one at a time.
type engine struct {
	pause      js.Value
	takeMemory js.Value // see www/gander/lent-memory.js
	exchange   Exchange
	exchanged  chan bool   // one that was pending is done, or broke
	collecting *time.Timer // of garbage: see withoutCollecting
	opened     int         // models that were opened or inspected since garbage was collected
	model      *core.Model
	session    *core.Session // what generate computed last; nil if there is nothing to build on
}

// open implements GoEngine.open(source, options, signal, onProgress).
func (e *engine) open(args []js.Value) (any, error) {
	ctx, end := newContext(args[2], e.pause)
	defer end()
	defer e.withoutCollecting()()
	if e.model != nil { // it is freed first
		e.model, e.session = nil, nil
		e.collect()
	}
	o := openOptions(args[1])
	o.Progress = progress(args[3])
	o.Group = newGroup(args[1], e.exchange, e.exchanged)
	model, err := core.OpenSource(ctx, source{args[0]}.model(), o)
	if err != nil {
		return nil, err
	}
	e.model = model
	return toJS(reflect.ValueOf(model.Info())), nil
}

// follow implements GoEngine.follow().
func (e *engine) follow([]js.Value) (any, error) {
	if e.model == nil {
		return nil, errNoModel
	}
	return nil, e.model.Follow()
}

// measure implements GoEngine.measure(options): options.group as for open, and of the model options.mainType,
// options.weights in bytes and options.exchanges.
func (e *engine) measure(args []js.Value) (any, error) {
	defer e.collect() // what it measures takes as much memory as a small model
	o := args[0]
	pace, err := core.Measure(newGroup(o, e.exchange, e.exchanged), o.Get("mainType").String(), int64(o.Get("weights").Float()), o.Get("exchanges").Int())
	if err != nil {
		return nil, err
	}
	return toJS(reflect.ValueOf(pace)), nil
}

// inspect implements GoEngine.inspect(source, options, signal): an array of what is known for each of options.workers.
func (e *engine) inspect(args []js.Value) (any, error) {
	ctx, end := newContext(args[2], e.pause)
	defer end()
	defer e.withoutCollecting()()
	counts, o := args[1].Get("workers"), openOptions(args[1])
	workers := make([]int, counts.Length())
	for i := range workers {
		workers[i] = counts.Index(i).Int()
	}
	o.Group = shard.Plan(0, 1, args[1].Get("costly").Bool())
	all, err := core.InspectAll(ctx, source{args[0]}.model(), workers, o)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(all))
	for i, info := range all {
		object := toJS(reflect.ValueOf(info)).(map[string]any)
		object["memoryLimit"] = modelLimit
		out[i] = object
	}
	return out, nil
}

// openOptions reads the options of open and inspect.
func openOptions(v js.Value) core.Options {
	o := core.Options{MemoryLimit: modelLimit}
	if length := v.Get("contextLength"); length.Truthy() {
		o.ContextLength = length.Int()
	}
	if kvType := v.Get("kvType"); kvType.Truthy() {
		o.KVType = kvType.String()
	}
	if quantize := v.Get("quantize"); quantize.Truthy() {
		o.Quantize = quantize.String()
	}
	return o
}

// progress returns a function that reports to the JavaScript function report, not too often.
func progress(report js.Value) func(done, total int64) {
	var last time.Time
	return func(done, total int64) {
		if now := time.Now(); done == total || now.Sub(last) >= progressInterval {
			last = now
			report.Invoke(done, total)
		}
	}
}

// tokenize implements GoEngine.tokenize(text, special).
func (e *engine) tokenize(args []js.Value) (any, error) {
	if e.model == nil {
		return nil, errNoModel
	}
	ids, err := e.model.Tokenize(args[0].String(), args[1].Bool())
	if err != nil {
		return nil, err
	}
	return typedArray("Int32Array", ids), nil
}

// detokenize implements GoEngine.detokenize(ids).
func (e *engine) detokenize(args []js.Value) (any, error) {
	if e.model == nil {
		return nil, errNoModel
	}
	text, err := e.model.Detokenize(int32s(args[0]))
	if err != nil {
		return nil, err
	}
	return text, nil
}

// logits implements GoEngine.logits(ids, signal).
func (e *engine) logits(args []js.Value) (any, error) {
	if e.model == nil {
		return nil, errNoModel
	}
	ctx, end := newContext(args[1], e.pause)
	defer end()
	logits, err := e.model.Logits(ctx, int32s(args[0]))
	if err != nil {
		return nil, err
	}
	return typedArray("Float32Array", logits), nil
}

// embed implements GoEngine.embed(text, options, signal).
func (e *engine) embed(args []js.Value) (any, error) {
	if e.model == nil {
		return nil, errNoModel
	}
	ctx, end := newContext(args[2], e.pause)
	defer end()
	var o core.EmbedOptions
	if err := fromJS(&o, args[1]); err != nil {
		return nil, err
	}
	ids := []int32(nil)
	if args[0].Type() == js.TypeString {
		var err error
		if ids, err = e.model.Tokenize(args[0].String(), true); err != nil {
			return nil, err
		}
	} else {
		ids = int32s(args[0])
	}
	x, err := e.model.Embed(ctx, ids, o)
	if err != nil {
		return nil, err
	}
	return typedArray("Float32Array", x), nil
}

// generate implements GoEngine.generate(prompt, options, signal, onToken).
func (e *engine) generate(args []js.Value) (any, error) {
	if e.model == nil {
		return nil, errNoModel
	}
	ctx, end := newContext(args[2], e.pause)
	defer end()
	o := core.DefaultGenerateOptions()
	if err := fromJS(&o, args[1]); err != nil {
		return nil, err
	}
	if o.Attention != nil {
		o.Attention.Reuse = true // they are copied into JavaScript
	}
	prompt, err := e.promptIDs(args[0])
	if err != nil {
		return nil, err
	}
	if e.session == nil {
		if e.session, err = e.model.NewSession(); err != nil {
			return nil, err
		}
	}
	session := e.session
	have := session.Match(prompt, o)
	count, err := e.stream(ctx, session, prompt[have:], o, args[3])
	if err != nil {
		return nil, err
	}
	drafted, accepted := session.Drafts()
	return map[string]any{
		"finishReason": session.FinishReason(),
		"usage": map[string]any{
			"promptTokens": len(prompt), "completionTokens": count,
			"draftedTokens": drafted, "acceptedTokens": accepted, "forgottenTokens": session.Forgotten(),
		},
	}, nil
}

// promptIDs gives the token ids of a prompt, which is a string or an Int32Array.
func (e *engine) promptIDs(prompt js.Value) ([]int32, error) {
	if prompt.Type() == js.TypeString {
		return e.model.TokenizePrompt(prompt.String())
	}
	return int32s(prompt), nil
}

// more returns what a token has beside its id and its text as JavaScript has it, its weights in memory that is lent; undefined if there
// is nothing, as with most: to make an object takes longer than all else at the boundary.
func (e *engine) more(token core.Token, logprobs bool) any {
	trace := token.Trace
	if trace.Attention != nil {
		rest := *trace.Attention
		rest.Weights = nil
		trace.Attention = &rest
	}
	object := toJS(reflect.ValueOf(trace)).(map[string]any)
	if a := token.Attention; a != nil {
		raw := e.takeMemory.Invoke(4 * len(a.Weights))
		copyBytes(raw, a.Weights)
		object["attention"].(map[string]any)["weights"] = js.Global().Get("Float32Array").New(raw.Get("buffer"), 0, len(a.Weights))
	}
	if logprobs {
		object["logprob"] = token.Logprob
		object["top"] = toJS(reflect.ValueOf(token.Top))
	}
	if len(object) == 0 {
		return js.Undefined()
	}
	return object
}

// stream generates and hands each token to onToken. It returns how many there were.
func (e *engine) stream(ctx context.Context, session *core.Session, prompt []int32, o core.GenerateOptions, onToken js.Value) (int, error) {
	e.session = nil // a session that panicked is not used again
	count := 0
	for token, err := range session.Generate(ctx, prompt, o) {
		if err != nil {
			e.session = session
			return count, fmt.Errorf("wasm: generate: %w", err)
		}
		onToken.Invoke(token.ID, token.Text, e.more(token, o.Logprobs > 0))
		if count++; count == 1 {
			profile.Reset()
		}
	}
	if profile.Enabled {
		fmt.Fprintf(os.Stderr, "%s\n", profile.Table(count-1)) // goes to the console
	}
	e.session = session
	return count, nil
}

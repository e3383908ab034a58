// Command gander runs models natively, on the same core as the browser.
//
//	gander run -m model.gguf -p "Once upon a time"
//
// Without --json a command prints for people, with it one JSON value on stdout.
// Errors go to stderr; the exit code is 1 for a bad file or a failure, 2 for bad
// usage. What was asked for, help too, goes to stdout.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
)

// command is one of gander's verbs, registered by the file that has it.
type command struct {
	summary string
	run     func(ctx context.Context, c *cli, args []string) error
}

var commands = map[string]command{}

// cli is where a command reads and writes.
type cli struct {
	in       io.Reader
	out, err io.Writer

	help func() // prints the flags of the command at hand
}

// usageError is a mistake on the command line: exit code 2.
type usageError struct{ what string }

func (e *usageError) Error() string { return e.what }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// flagOf has the flags that are not called as the option of core that they set.
var flagOf = map[string]string{
	"contextLength": "--context", "decoderTokens": "--decoder-tokens", "kvType": "--kv-type", "maxTokens": "-n", "prompt": "-p or --tokens",
	"temperature": "--temp", "topK": "--top-k", "topP": "--top-p", "minP": "--min-p", "repetitionPenalty": "--repetition-penalty",
	"frequencyPenalty": "--frequency-penalty", "presencePenalty": "--presence-penalty", "penaltyWindow": "--penalty-window",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, &cli{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// run runs a command line and returns the exit code.
func run(ctx context.Context, c *cli, args []string) int {
	if len(args) == 0 {
		usage(c.err)
		return 2
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		if len(args) == 1 {
			usage(c.out)
			return 0
		}
		args = []string{args[1], "-h"}
	}
	cmd, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(c.err, "gander: no command %q\n\n", args[0])
		usage(c.err)
		return 2
	}
	out := &output{w: c.out}
	own := &cli{in: bufio.NewReaderSize(&interruptible{ctx, c.in}, 1<<16), out: out, err: c.err}
	err := cmd.run(ctx, own, args[1:])
	if err == nil {
		err = out.err
	}
	var bad *usageError
	var option *errs.OptionError
	var token *core.TokenError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		own.help()
		return 0
	case ctx.Err() != nil:
		fmt.Fprintf(c.err, "gander %s: interrupted\n", args[0])
		return 1
	case errors.As(err, &option):
		what := err.Error()
		if flag, ok := flagOf[option.Option]; ok {
			what = strings.Replace(what, "option "+option.Option, "option "+option.Option+" ("+flag+")", 1)
		}
		fmt.Fprintf(c.err, "gander %s: %s\n", args[0], what)
		return 2
	case errors.As(err, &bad), errors.As(err, &token):
		fmt.Fprintf(c.err, "gander %s: %v\n", args[0], err)
		return 2
	}
	fmt.Fprintf(c.err, "gander %s: %v\n", args[0], err)
	return 1
}

// output is a writer that keeps its first error: what a command prints for people can
// be lost on a full disk too.
type output struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// interruptible is a reader that doesn't wait for input when the context has ended: a
// command that reads the terminal ends with Ctrl-C like any other.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (i *interruptible) Read(p []byte) (int, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	own := make([]byte, len(p)) // p is the caller's again if this returns early
	go func() {
		n, err := i.r.Read(own)
		done <- result{own[:n], err}
	}()
	select {
	case r := <-done:
		return copy(p, r.b), r.err
	case <-i.ctx.Done():
		return 0, context.Cause(i.ctx)
	}
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: gander COMMAND [FLAGS]    (gander COMMAND -h lists the flags)")
	names := make([]string, 0, len(commands))
	for n := range commands {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(w, "  %-13s %s\n", n, commands[n].summary)
	}
}

// flags is a flag set that prints nothing by itself: run says what is wrong.
func (c *cli) flags(name, args string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	c.help = func() {
		f.SetOutput(c.out)
		fmt.Fprintf(c.out, "usage: gander %s %s\n", name, args)
		f.PrintDefaults()
	}
	return f
}

// parse parses flags that may stand before or after at most max plain arguments,
// which it returns.
func parse(f *flag.FlagSet, args []string, max int) ([]string, error) {
	var plain []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usagef("%v (gander %s -h lists the flags)", err, f.Name())
		}
		if f.NArg() == 0 {
			break
		}
		plain = append(plain, f.Arg(0))
		args = f.Args()[1:]
	}
	if len(plain) > max {
		return nil, usagef("unexpected argument %q", plain[max])
	}
	return plain, nil
}

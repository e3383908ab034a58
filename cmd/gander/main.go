// Command gander runs models natively, on the same core as the browser.
//
//	gander run -m model.gguf -p "Once upon a time"
//
// Without --json a command prints for people, with it one JSON value on stdout.
// Errors go to stderr; the exit code is 1 for a bad file or a failure, 2 for bad
// usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sort"

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
}

// usageError is a mistake on the command line: exit code 2.
type usageError struct{ what string }

func (e *usageError) Error() string { return e.what }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, &cli{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run runs a command line and returns the exit code.
func run(ctx context.Context, c *cli, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(c.out)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	cmd, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(c.err, "gander: no command %q\n\n", args[0])
		usage(c.err)
		return 2
	}
	err := cmd.run(ctx, c, args[1:])
	var bad *usageError
	var option *errs.OptionError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &bad), errors.As(err, &option):
		fmt.Fprintf(c.err, "gander %s: %v\n", args[0], err)
		return 2
	case ctx.Err() != nil:
		fmt.Fprintf(c.err, "gander %s: interrupted\n", args[0])
		return 1
	}
	fmt.Fprintf(c.err, "gander %s: %v\n", args[0], err)
	return 1
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: gander COMMAND [FLAGS]    (gander COMMAND -h lists the flags)")
	names := make([]string, 0, len(commands))
	for n := range commands {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(w, "  %-12s %s\n", n, commands[n].summary)
	}
}

// flags is a flag set that reports its errors as usage errors.
func (c *cli) flags(name, args string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(c.err)
	f.Usage = func() {
		fmt.Fprintf(c.err, "usage: gander %s %s\n", name, args)
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
			return nil, &usageError{err.Error()}
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

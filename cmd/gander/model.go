package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/quant"
)

// modelFlags are the flags of all commands that open a model.
type modelFlags struct {
	path    string
	context int
	kvType  string
	workers int

	tokenizer string // of a model of llama2.c
	quantize  string
}

func (m *modelFlags) add(f *flag.FlagSet) {
	m.addText(f)
	m.addSizes(f)
}

// addText adds the flags of commands that need nothing but the vocabulary.
func (m *modelFlags) addText(f *flag.FlagSet) {
	f.StringVar(&m.path, "m", "", "the model: a .gguf `FILE`, one part of a split one, a folder of Hugging Face's, or a .bin file of llama2.c")
	m.addTokenizer(f)
}

func (m *modelFlags) addTokenizer(f *flag.FlagSet) {
	f.StringVar(&m.tokenizer, "tokenizer", "", "the tokenizer.bin `FILE` of a llama2.c model; without it tokenizer.bin or tok*.bin beside the model")
}

// addSizes adds the flags that say how much memory a session may take.
func (m *modelFlags) addSizes(f *flag.FlagSet) {
	f.StringVar(&m.quantize, "quantize", "", "turn float matrices into this `TYPE` as they are read: "+strings.Join(quant.Writable(), ", "))
	f.StringVar(&m.kvType, "kv-type", "f32", "how keys and values are kept: f32, or int8 with 9/32 of the memory")
	f.IntVar(&m.workers, "workers", 1, "how many workers, a thread each, hold the model together; the results are the same")
	f.IntVar(&m.context, "context", 0, "positions that prompt and answer may have together; 0: what the model was trained on, at most 4096")
}

// open opens the model.
func (m *modelFlags) open(ctx context.Context) (*core.Model, error) {
	return opened(m, func(source core.Source) (*core.Model, error) {
		return core.OpenWorkers(ctx, source, m.workers, m.options())
	})
}

// openText opens what the model says of text, without its weights.
func (m *modelFlags) openText(ctx context.Context) (*core.Text, error) {
	return opened(m, func(source core.Source) (*core.Text, error) { return core.OpenText(ctx, source) })
}

// opened returns what open makes of the model's files, which it then needs no more.
func opened[T any](m *modelFlags, open func(source core.Source) (T, error)) (T, error) {
	var none T
	if m.path == "" {
		return none, usagef("-m FILE is missing")
	}
	files, err := m.files(m.path)
	if err != nil {
		return none, err
	}
	defer files.close()
	return open(files.source)
}

// start opens the model and a session of it, and reads the prompt, for the commands
// that generate. The caller closes the model.
func (c *cli) start(ctx context.Context, f *flag.FlagSet, model *modelFlags, images *imageFlags, text string, tokens ids) (*core.Model, *core.Session, []int32, error) {
	m, err := model.open(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	var prompt []int32
	tokenize, err := images.tokenizer(ctx, m)
	if err == nil {
		prompt, err = c.prompt(f, text, tokens, tokenize)
	}
	if err == nil {
		var s *core.Session
		if s, err = m.NewSession(); err == nil {
			return m, s, prompt, nil
		}
	}
	m.Close()
	return nil, nil, nil, err
}

func (m *modelFlags) options() core.Options {
	return core.Options{ContextLength: m.context, KVType: m.kvType, Quantize: m.quantize}
}

// ids is a flag value: token ids with commas between them.
type ids []int32

func (v *ids) String() string { return "" }

// Set parses the flag.
func (v *ids) Set(s string) error {
	*v = ids{}
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 32)
		if err != nil {
			return usagef("%q is no token id", part)
		}
		*v = append(*v, int32(n))
	}
	return nil
}

// texts is a flag value that may be given several times.
type texts []string

func (v *texts) String() string { return "" }

// Set adds a text.
func (v *texts) Set(s string) error {
	*v = append(*v, s)
	return nil
}

// prompt returns the ids of a prompt that is given as text, as ids, or on stdin.
func (c *cli) prompt(f *flag.FlagSet, text string, tokens ids, tokenize func(text string) ([]int32, error)) ([]int32, error) {
	switch {
	case isGiven(f, "p") && isGiven(f, "tokens"):
		return nil, usagef("-p and --tokens exclude each other")
	case isGiven(f, "tokens"):
		return tokens, nil
	case !isGiven(f, "p"):
		b, err := io.ReadAll(c.in)
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	return tokenize(text)
}

// isGiven says whether a flag is on the command line.
func isGiven(f *flag.FlagSet, name string) bool {
	given := false
	f.Visit(func(x *flag.Flag) { given = given || x.Name == name })
	return given
}

// float is a float32 that JSON reads back to the same bits.
type float float32

// MarshalJSON writes the shortest number that is this float32.
func (x float) MarshalJSON() ([]byte, error) {
	if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, &json.UnsupportedValueError{Str: strconv.FormatFloat(v, 'g', -1, 32)}
	}
	return strconv.AppendFloat(nil, float64(x), 'g', -1, 32), nil
}

// json prints a value as JSON on one line.
func (c *cli) json(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

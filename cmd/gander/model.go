package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/gander-lm/gander/core"
)

// modelFlags are the flags of all commands that open a model.
type modelFlags struct {
	path    string
	context int
	kvType  string
	workers int
}

func (m *modelFlags) add(f *flag.FlagSet) {
	f.StringVar(&m.path, "m", "", "the model, a .gguf `FILE`, or one part of a split one")
	m.addSizes(f)
}

// addSizes adds the flags that say how much memory a session may take.
func (m *modelFlags) addSizes(f *flag.FlagSet) {
	f.StringVar(&m.kvType, "kv-type", "f32", "how keys and values are kept: f32, or int8 with 9/32 of the memory")
	f.IntVar(&m.workers, "workers", 1, "how many workers, a thread each, hold the model together; the results are the same")
	f.IntVar(&m.context, "context", 0, "positions that prompt and answer may have together; 0: what the model was trained on, at most 4096")
}

// open opens the model.
func (m *modelFlags) open(ctx context.Context) (*core.Model, error) {
	if m.path == "" {
		return nil, usagef("-m FILE is missing")
	}
	parts, closeAll, err := openParts(m.path)
	if err != nil {
		return nil, err
	}
	defer closeAll()
	return core.OpenWorkers(ctx, parts, m.workers, m.options())
}

func (m *modelFlags) options() core.Options {
	return core.Options{ContextLength: m.context, KVType: m.kvType}
}

// splitName matches the name of a part of a split model.
var splitName = regexp.MustCompile(`^(.*-)(\d{5})(-of-(\d{5})\.gguf)$`)

// openParts opens a model file; of a split model, whose parts' names end in
// -00001-of-00003.gguf, also all others. closeAll closes them.
func openParts(path string) (parts []core.Part, closeAll func(), err error) {
	paths := []string{path}
	if name := splitName.FindStringSubmatch(path); name != nil {
		count, _ := strconv.Atoi(name[4])
		paths = paths[:0]
		for i := range count {
			paths = append(paths, fmt.Sprintf("%s%05d%s", name[1], i+1, name[3]))
		}
	}
	var files []*os.File
	closeAll = func() {
		for _, f := range files {
			f.Close()
		}
	}
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		files = append(files, f)
		info, err := f.Stat()
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		parts = append(parts, core.Part{ReaderAt: f, Size: info.Size()})
	}
	return parts, closeAll, nil
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
func (c *cli) prompt(m *core.Model, f *flag.FlagSet, text string, tokens ids, special bool) ([]int32, error) {
	given := map[string]bool{}
	f.Visit(func(x *flag.Flag) { given[x.Name] = true })
	switch {
	case given["p"] && given["tokens"]:
		return nil, usagef("-p and --tokens exclude each other")
	case given["tokens"]:
		return tokens, nil
	case !given["p"]:
		b, err := io.ReadAll(c.in)
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	return m.Tokenize(text, special)
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

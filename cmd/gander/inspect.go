package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
)

func init() { commands["inspect"] = command{"say what a model file is", runInspect} }

// shownElements is how much of a long array inspect shows.
const shownElements = 8

func runInspect(ctx context.Context, c *cli, args []string) error {
	var model modelFlags
	f := c.flags("inspect", "FILE [--context N] [--kv-type T] [--workers N] [--json]")
	model.addTokenizer(f)
	model.addSizes(f)
	asJSON := f.Bool("json", false, "print one JSON object")
	plain, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(plain) != 1 {
		return usagef("the model FILE is missing")
	}
	files, err := model.files(plain[0])
	if err != nil {
		return err
	}
	defer files.close()
	g, release, err := files.gguf()
	var unsupported *errs.UnsupportedError
	switch {
	case errors.As(err, &unsupported) && files.folder != nil:
		g, release = &gguf.File{}, func() {} // there is no more than a reason
	case err != nil:
		return err
	}
	defer release()
	info, err := core.Inspect(ctx, files.source, model.workers, model.options())
	var option *errs.OptionError
	if errors.As(err, &option) {
		return err
	}
	r := newReport(g, info)
	if err != nil { // the header can be read, but contradicts itself
		r.Supported, r.Reason = false, err.Error()
	}
	if *asJSON {
		return c.json(r)
	}
	r.print(c)
	return nil
}

// report is what inspect prints.
type report struct {
	Architecture string           `json:"architecture"`
	Version      uint32           `json:"version"` // of GGUF; 0 of a folder that can't become a file
	Size         int64            `json:"size"`    // bytes
	Supported    bool             `json:"supported"`
	Reason       string           `json:"reason,omitempty"` // why it is not
	Memory       core.Memory      `json:"memory"`           // what it takes, in bytes
	Workers      []core.Memory    `json:"workerMemory"`     // and what each worker takes
	Metadata     []keyValue       `json:"metadata"`
	Tensors      []tensor         `json:"tensors"`
	Bytes        map[string]int64 `json:"bytes"` // of the tensors, by type
}

type keyValue struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Length int    `json:"length,omitempty"` // of an array of which Value is the beginning
}

type tensor struct {
	Name  string  `json:"name"`
	Type  string  `json:"type"`
	Shape []int64 `json:"shape"` // innermost first, as in the file
	Size  int64   `json:"size"`  // bytes, -1 for an unknown type
}

func newReport(g *gguf.File, info core.Info) *report {
	r := &report{Architecture: info.Architecture, Version: g.Version, Size: info.FileSize, Supported: info.Supported, Reason: info.Reason, Memory: info.Memory, Workers: info.WorkerMemory, Metadata: []keyValue{}, Tensors: []tensor{}, Bytes: map[string]int64{}}
	for _, k := range g.Keys() {
		v, _ := g.Value(k)
		kv := keyValue{Key: k, Value: v}
		if x := reflect.ValueOf(v); x.Kind() == reflect.Slice && x.Len() > shownElements {
			kv.Length, kv.Value = x.Len(), x.Slice(0, shownElements).Interface()
		}
		if b, ok := kv.Value.([]byte); ok { // JSON would make it base64
			kv.Value = fmt.Sprint(b)
		}
		r.Metadata = append(r.Metadata, kv)
	}
	for i := range g.Tensors {
		t := &g.Tensors[i]
		name := fmt.Sprintf("type %d", t.TypeID)
		if typ, err := t.Type(); err == nil {
			name = typ.Name
		}
		r.Bytes[name] += max(t.Size, 0)
		r.Tensors = append(r.Tensors, tensor{t.Name, name, t.Shape, t.Size})
	}
	return r
}

func (r *report) print(c *cli) {
	if r.Version > 0 {
		fmt.Fprintf(c.out, "GGUF version %d, %d bytes, %d tensors\n", r.Version, r.Size, len(r.Tensors))
	} else {
		fmt.Fprintf(c.out, "a folder with a model of the architecture %s\n", r.Architecture)
	}
	if r.Supported {
		m := r.Memory
		fmt.Fprintf(c.out, "this version can run it, in %d bytes of memory (weights %d, keys and values %d, activations %d)\n", m.Total, m.Weights, m.KV, m.Activations)
	} else {
		fmt.Fprintln(c.out, "this version can't run it:", r.Reason)
	}
	for _, kv := range r.Metadata {
		if kv.Length > 0 {
			fmt.Fprintf(c.out, "  %s = %v… (%d)\n", kv.Key, kv.Value, kv.Length)
		} else {
			fmt.Fprintf(c.out, "  %s = %v\n", kv.Key, kv.Value)
		}
	}
	for _, t := range r.Tensors {
		fmt.Fprintf(c.out, "  %-40s %-6s %v %d bytes\n", t.Name, t.Type, t.Shape, t.Size)
	}
}

package main

import (
	"context"
	"fmt"
	"os"
	"reflect"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/tokenizer"
)

func init() { commands["inspect"] = command{"say what a model file is", runInspect} }

// shownElements is how much of a long array inspect shows.
const shownElements = 8

func runInspect(_ context.Context, c *cli, args []string) error {
	f := c.flags("inspect", "FILE [--json]")
	asJSON := f.Bool("json", false, "print one JSON object")
	plain, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(plain) != 1 {
		return usagef("the model FILE is missing")
	}
	file, err := os.Open(plain[0])
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	g, err := gguf.Read(file, info.Size())
	if err != nil {
		return err
	}
	r := newReport(g, info.Size())
	if *asJSON {
		return c.json(r)
	}
	r.print(c)
	return nil
}

// report is what inspect prints.
type report struct {
	Version   uint32           `json:"version"`
	Size      int64            `json:"size"` // bytes
	Supported bool             `json:"supported"`
	Reason    string           `json:"reason,omitempty"` // why it is not
	Metadata  []keyValue       `json:"metadata"`
	Tensors   []tensor         `json:"tensors"`
	Bytes     map[string]int64 `json:"bytes"` // of the tensors, by type
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

func newReport(g *gguf.File, size int64) *report {
	r := &report{Version: g.Version, Size: size, Supported: true, Bytes: map[string]int64{}}
	if _, _, _, err := arch.New(g); err != nil {
		r.Supported, r.Reason = false, err.Error()
	} else if _, err := tokenizer.New(g); err != nil {
		r.Supported, r.Reason = false, err.Error()
	}
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
	fmt.Fprintf(c.out, "GGUF version %d, %d bytes, %d tensors\n", r.Version, r.Size, len(r.Tensors))
	if r.Supported {
		fmt.Fprintln(c.out, "this version can run it")
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

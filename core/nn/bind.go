package nn

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// Dims are the dimensions that dim tags name: "hidden", "vocab", "ffn", ...
type Dims struct {
	Sizes map[string]int

	// Parts has the dimensions along which the workers of Group divide a block's
	// values among them, with what this one has of each: the heads of "q" and "kv",
	// "ffn". A Linear with such rows gives this worker's values and no others.
	// The rows of all other matrices are divided for the work alone: a Linear gives
	// all values to all workers. Without a Group there is one worker.
	Parts map[string]shard.Range
	Group shard.Group
}

// Binder connects the layers of a model to the tensors of a file.
type Binder struct {
	Dims
	file     *gguf.File
	eps      float32
	matrices map[string]*quant.Matrix // by tensor, so that tied weights are held once
	joins    []*joined
	jobs     []job
}

// Bind walks model, a pointer to a struct, and connects each tagged field:
//
//	gguf:"NAME"              tensor NAME.weight, and NAME.bias where there is one
//	gguf:"A+B+C"             a Linear of several matrices on top of each other
//	gguf:"NAME,alt:OTHER"    OTHER.weight if NAME.weight is absent (tied weights)
//	gguf:"NAME,optional"     a Vector that may be absent
//	gguf:"blk"               a slice of structs, already made: tensors blk.0.… , blk.1.…
//	an embedded struct       its fields, as if they stood here
//	dim:"ROWS,COLS"          the shape, outermost first, in names of sizes; A+B for parts
//
// Missing tensors, wrong shapes and types that can't be used are errors that
// name the tensor. Nothing is read yet: see Load.
func Bind(model any, file *gguf.File, dims Dims, eps float32) (*Binder, error) {
	if dims.Group == nil {
		dims.Group = shard.Solo
	}
	b := &Binder{Dims: dims, file: file, eps: eps, matrices: map[string]*quant.Matrix{}}
	if err := b.structure(reflect.ValueOf(model).Elem(), ""); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *Binder) structure(v reflect.Value, prefix string) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			if err := b.structure(v.Field(i), prefix); err != nil {
				return err
			}
			continue
		}
		tag, ok := field.Tag.Lookup("gguf")
		if !ok {
			continue
		}
		if err := b.field(v.Field(i), prefix, tag, field.Tag.Get("dim")); err != nil {
			return err
		}
	}
	return nil
}

func (b *Binder) field(v reflect.Value, prefix, tag, dim string) error {
	name, option, _ := strings.Cut(tag, ",")
	switch layer := v.Addr().Interface().(type) {
	case *Linear:
		return b.linear(layer, prefix, name, option, dim)
	case *Embedding:
		t, err := b.tensor(prefix+name+".weight", dim)
		if err != nil {
			return err
		}
		layer.split = b.divide(t.Rows())
		layer.table, err = b.matrix(t, layer.split.Of(b.Group.Rank()))
		return err
	case *RMSNorm:
		layer.eps = b.eps
		return b.vector(&layer.weight, prefix+name+".weight", dim)
	case *Vector:
		if _, ok := b.file.Tensor(prefix + name + ".weight"); !ok && option == "optional" {
			return nil
		}
		return b.vector(&layer.Values, prefix+name+".weight", dim)
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			if err := b.structure(v.Index(i), prefix+name+"."+strconv.Itoa(i)+"."); err != nil {
				return err
			}
		}
		return nil
	}
	return b.structure(v, prefix+name+".")
}

// divide splits the rows of a matrix, in multiples of what the kernels take together.
func (b *Binder) divide(rows int) shard.Split {
	return shard.Divide(rows, kernel.RowMultiple, b.Group.Size())
}

// linear joins the matrices of a layer into as few as their layouts allow.
func (b *Binder) linear(l *Linear, prefix, name, option, dim string) error {
	names := strings.Split(name, "+")
	if other, ok := strings.CutPrefix(option, "alt:"); ok {
		if _, has := b.file.Tensor(prefix + name + ".weight"); !has {
			names = []string{other}
		}
	}
	rowDims, cols, _ := strings.Cut(dim, ",")
	dims := strings.Split(rowDims, "+")
	tensors, rows := make([]*gguf.Tensor, len(names)), 0
	for i, n := range names {
		t, err := b.tensor(prefix+n+".weight", dims[i]+","+cols)
		if err != nil {
			return err
		}
		tensors[i] = t
		rows += t.Rows()
	}
	own := b.own(l, tensors, dims, rows)
	if len(names) == 1 {
		m, err := b.matrix(tensors[0], own[0])
		if err != nil {
			return err
		}
		l.parts = []*quant.Matrix{m}
		return b.bias(l, prefix, names, tensors, own)
	}
	var pending []slice // neighbours of one layout
	var layout quant.Layout
	flush := func() {
		if len(pending) > 0 {
			l.parts = append(l.parts, b.join(pending, layout))
		}
		pending = nil
	}
	for i, t := range tensors {
		typ, err := t.Type()
		if err != nil {
			return err
		}
		if next := typ.Layout(t.Cols()); next != layout {
			flush()
			layout = next
		}
		if own[i].Len() > 0 {
			pending = append(pending, slice{t, own[i]})
		}
	}
	flush()
	return b.bias(l, prefix, names, tensors, own)
}

// own sets which rows a layer has and returns this worker's of each tensor.
func (b *Binder) own(l *Linear, tensors []*gguf.Tensor, dims []string, rows int) []shard.Range {
	own := make([]shard.Range, len(tensors))
	if _, parts := b.Parts[dims[0]]; parts && b.Group.Size() > 1 {
		for i, d := range dims {
			own[i] = b.Parts[d]
			l.rows += own[i].Len()
		}
		return own
	}
	l.rows, l.split = rows, b.divide(rows)
	mine, first := l.split.Of(b.Group.Rank()), 0
	for i, t := range tensors {
		own[i] = shard.Range{From: max(0, min(t.Rows(), mine.From-first)), To: max(0, min(t.Rows(), mine.To-first))}
		first += t.Rows()
	}
	return own
}

// bias binds this worker's biases of a layer's matrices; those without one have zeros.
func (b *Binder) bias(l *Linear, prefix string, names []string, tensors []*gguf.Tensor, own []shard.Range) error {
	rows := 0
	for i, n := range names {
		rows += own[i].Len()
		t, ok := b.file.Tensor(prefix + n + ".bias")
		if !ok {
			continue
		}
		if w := tensors[i].Rows(); len(t.Shape) != 1 || t.Cols() != w {
			return shapeError(t, strconv.Itoa(w), []int64{int64(w)})
		}
		l.bias = []float32{}
	}
	if l.bias == nil {
		return nil
	}
	l.bias = make([]float32, rows)
	at := 0
	for i, n := range names {
		if t, ok := b.file.Tensor(prefix + n + ".bias"); ok {
			b.addVector(t, l.bias[at:at+own[i].Len()], own[i].From)
		}
		at += own[i].Len()
	}
	return nil
}

// slice is some rows of a tensor.
type slice struct {
	tensor *gguf.Tensor
	rows   shard.Range
}

// matrix binds rows of a tensor to a matrix of their own, once.
func (b *Binder) matrix(t *gguf.Tensor, rows shard.Range) (*quant.Matrix, error) {
	if m, ok := b.matrices[t.Name]; ok {
		return m, nil
	}
	typ, err := t.Type()
	if err != nil {
		return nil, err
	}
	b.matrices[t.Name] = b.join([]slice{{t, rows}}, typ.Layout(t.Cols()))
	return b.matrices[t.Name], nil
}

// join makes one matrix of rows of tensors on top of each other.
func (b *Binder) join(slices []slice, layout quant.Layout) *quant.Matrix {
	j := &joined{cols: slices[0].tensor.Cols(), layout: layout, matrix: &quant.Matrix{}}
	for _, s := range slices {
		b.jobs = append(b.jobs, job{slice: s, into: j, first: j.rows})
		j.rows += s.rows.Len()
	}
	b.joins = append(b.joins, j)
	return j.matrix
}

func (b *Binder) vector(dst *[]float32, name, dim string) error {
	t, err := b.tensor(name, dim)
	if err != nil {
		return err
	}
	if _, err := t.Type(); err != nil {
		return err
	}
	own := shard.Range{To: t.Cols()}
	if part, ok := b.Parts[dim]; ok {
		own = part
	}
	*dst = make([]float32, own.Len())
	b.addVector(t, *dst, own.From)
	return nil
}

// addVector reads dst from value from on of a vector.
func (b *Binder) addVector(t *gguf.Tensor, dst []float32, from int) {
	b.jobs = append(b.jobs, job{slice: slice{t, shard.Range{From: from, To: from + len(dst)}}, vector: dst})
}

// tensor finds a tensor and checks its shape.
func (b *Binder) tensor(name, dim string) (*gguf.Tensor, error) {
	t, ok := b.file.Tensor(name)
	if !ok {
		return nil, &errs.FormatError{Offset: -1, What: fmt.Sprintf("tensor %q is missing", name)}
	}
	names := strings.Split(dim, ",")
	want := make([]int64, len(names))
	for i, n := range names {
		size, ok := b.Sizes[n]
		if !ok {
			panic("nn: no size is called " + strconv.Quote(n))
		}
		want[len(names)-1-i] = int64(size) // innermost first, as in the file
	}
	if len(t.Shape) != len(want) {
		return nil, shapeError(t, dim, want)
	}
	for i := range want {
		if t.Shape[i] != want[i] {
			return nil, shapeError(t, dim, want)
		}
	}
	return t, nil
}

func shapeError(t *gguf.Tensor, dim string, want []int64) error {
	return &errs.FormatError{Offset: -1, What: fmt.Sprintf("tensor %q has the shape %d, but the model's sizes (%s) ask for %d", t.Name, t.Shape, dim, want)}
}

package nn

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// Sizes are the dimensions that dim tags name: "hidden", "vocab", "ffn", ...
type Sizes map[string]int

// Binder connects the layers of a model to the tensors of a file.
type Binder struct {
	file     *gguf.File
	sizes    Sizes
	eps      float32
	matrices map[string]*quant.Matrix // by tensor, so that tied weights are held once
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
func Bind(model any, file *gguf.File, sizes Sizes, eps float32) (*Binder, error) {
	b := &Binder{file: file, sizes: sizes, eps: eps, matrices: map[string]*quant.Matrix{}}
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
		var err error
		layer.table, err = b.matrix(prefix+name+".weight", dim)
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
	if len(names) == 1 {
		m, err := b.matrix(prefix+names[0]+".weight", dim)
		if err != nil {
			return err
		}
		t, _ := b.file.Tensor(prefix + names[0] + ".weight")
		l.parts, l.rows = []*quant.Matrix{m}, t.Rows()
		return b.bias(l, prefix, names)
	}
	var pending []*gguf.Tensor // neighbours of one layout
	var layout quant.Layout
	flush := func() {
		if len(pending) > 0 {
			l.parts = append(l.parts, b.join(pending, layout))
		}
		pending = nil
	}
	for i, n := range names {
		t, err := b.tensor(prefix+n+".weight", dims[i]+","+cols)
		if err != nil {
			return err
		}
		typ, err := t.Type()
		if err != nil {
			return err
		}
		if next := typ.Layout(t.Cols()); next != layout {
			flush()
			layout = next
		}
		pending = append(pending, t)
		l.rows += t.Rows()
	}
	flush()
	return b.bias(l, prefix, names)
}

// bias binds the biases of a layer's matrices; those without one have zeros.
func (b *Binder) bias(l *Linear, prefix string, names []string) error {
	for _, n := range names {
		if _, ok := b.file.Tensor(prefix + n + ".bias"); ok && l.bias == nil {
			l.bias = make([]float32, l.rows)
		}
	}
	if l.bias == nil {
		return nil
	}
	at := 0
	for _, n := range names {
		w, _ := b.file.Tensor(prefix + n + ".weight")
		if t, ok := b.file.Tensor(prefix + n + ".bias"); ok {
			if len(t.Shape) != 1 || t.Cols() != w.Rows() {
				return shapeError(t, strconv.Itoa(w.Rows()), []int64{int64(w.Rows())})
			}
			part := l.bias[at : at+w.Rows()]
			b.addVector(t, part)
		}
		at += w.Rows()
	}
	return nil
}

// matrix binds a tensor to a matrix of its own, once.
func (b *Binder) matrix(name, dim string) (*quant.Matrix, error) {
	t, err := b.tensor(name, dim)
	if err != nil {
		return nil, err
	}
	if m, ok := b.matrices[name]; ok {
		return m, nil
	}
	typ, err := t.Type()
	if err != nil {
		return nil, err
	}
	b.matrices[name] = b.join([]*gguf.Tensor{t}, typ.Layout(t.Cols()))
	return b.matrices[name], nil
}

// join makes one matrix of tensors on top of each other.
func (b *Binder) join(ts []*gguf.Tensor, layout quant.Layout) *quant.Matrix {
	rows := 0
	for _, t := range ts {
		rows += t.Rows()
	}
	j := &joined{rows: rows, cols: ts[0].Cols(), layout: layout, matrix: &quant.Matrix{}}
	first := 0
	for _, t := range ts {
		b.jobs = append(b.jobs, job{tensor: t, into: j, first: first})
		first += t.Rows()
	}
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
	*dst = make([]float32, t.Cols())
	b.addVector(t, *dst)
	return nil
}

func (b *Binder) addVector(t *gguf.Tensor, dst []float32) {
	b.jobs = append(b.jobs, job{tensor: t, vector: dst})
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
		size, ok := b.sizes[n]
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

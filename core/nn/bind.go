package nn

import (
	"fmt"
	"reflect"
	"slices"
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

	// Halves says where the second half of a dimension in Parts begins: what the second
	// worker of two has. See Halved.
	Halves map[string]int

	// Blocks has, for elements of slices of structs, the dimensions that take the place
	// of these there; where it is short or nil they are the same.
	Blocks []*Dims
}

// Binder connects the layers of a model to the tensors of a file.
type Binder struct {
	Dims
	file     *gguf.File
	eps      float32
	matrices map[string]*quant.Matrix // by tensor, so that tied weights are held once
	joins    []*joined
	jobs     []job

	exchanges int // of the workers in a forward pass through all layers
}

// Exchanges returns how often the workers exchange what they have computed in a pass
// through all layers.
func (b *Binder) Exchanges() int { return b.exchanges }

// Bind walks model, a pointer to a struct, and connects each tagged field:
//
//	gguf:"NAME"              tensor NAME.weight, and NAME.bias where there is one
//	gguf:"A+B+C"             a Linear of several matrices on top of each other
//	gguf:"NAME,alt:OTHER"    OTHER.weight if NAME.weight is absent (tied weights)
//	gguf:"A+B,alt:OTHER"     the same, where OTHER has the rows of A and of B
//	                         Experts likewise, of tensors of three dimensions
//	gguf:"NAME,whole"        a Linear or a Halved that every worker may have all rows of (see repeats)
//	gguf:"NAME,optional"     a Vector or a norm that may be absent
//	gguf:"NAME,bare"         a Vector whose tensor has the name NAME
//	gguf:"blk"               a slice of structs, already made: tensors blk.0.… , blk.1.…
//	an embedded struct       its fields, as if they stood here
//	a pointer to a struct    the same, without a tag; nothing if it is nil
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
		if field.IsExported() && field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.Struct {
			if p := v.Field(i); !p.IsNil() {
				if err := b.structure(p.Elem(), prefix); err != nil {
					return err
				}
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
	case *Halved:
		return b.halved(layer, prefix, name, option, dim)
	case *Experts:
		return b.experts(layer, prefix, name, option, dim)
	case *Embedding:
		t, err := b.tensor(prefix+name+".weight", dim)
		if err != nil {
			return err
		}
		layer.split = b.divide(t.Rows())
		b.exchanged()
		layer.table, err = b.matrix(t, layer.split.Of(b.Group.Rank()))
		return err
	case *RMSNorm:
		layer.eps = b.eps
		return b.vector(&layer.weight, prefix+name+".weight", dim, option == "optional")
	case *LayerNorm:
		return b.layerNorm(layer, prefix+name, dim, option == "optional")
	case *Vector:
		if option == "bare" {
			return b.vector(&layer.Values, prefix+name, dim, false)
		}
		return b.vector(&layer.Values, prefix+name+".weight", dim, option == "optional")
	}
	if v.Kind() == reflect.Slice {
		outer := b.Dims
		defer func() { b.Dims = outer }()
		for i := range v.Len() {
			b.Dims = outer
			if i < len(outer.Blocks) && outer.Blocks[i] != nil {
				b.Sizes, b.Parts, b.Halves = outer.Blocks[i].Sizes, outer.Blocks[i].Parts, outer.Blocks[i].Halves
			}
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

// exchanged counts one exchange, if there are others to exchange with.
func (b *Binder) exchanged() {
	if b.Group.Size() > 1 {
		b.exchanges++
	}
}

// layerNorm binds a norm. Its rows have weights of their own if dim names two sizes.
func (b *Binder) layerNorm(l *LayerNorm, name, dim string, optional bool) error {
	if err := b.vector(&l.weight, name+".weight", dim, optional); err != nil || l.weight == nil {
		return err
	}
	l.eps = b.eps
	l.width = b.sizes(dim[strings.LastIndex(dim, ",")+1:])
	return b.vector(&l.bias, name+".bias", dim, true)
}

// vector binds a small tensor, of several rows if dim says so. What a worker has of
// its first dimension, it has of the tensor.
func (b *Binder) vector(dst *[]float32, name, dim string, optional bool) error {
	if _, ok := b.file.Tensor(name); !ok && optional {
		return nil
	}
	t, err := b.tensor(name, dim)
	if err != nil {
		return err
	}
	if _, err := t.Type(); err != nil {
		return err
	}
	own, width := shard.Range{To: t.Cols() * t.Rows()}, 1
	first, _, rows := strings.Cut(dim, ",")
	if rows {
		width = t.Cols()
	}
	if part, ok := b.Parts[first]; ok {
		own = shard.Range{From: part.From * width, To: part.To * width}
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
	want := b.shape(dim)
	if !slices.Equal(t.Shape, want) {
		return nil, shapeError(t, dim, want)
	}
	return t, nil
}

// shape returns what a dim tag says, innermost first, as files have it.
func (b *Binder) shape(dim string) []int64 {
	names := strings.Split(dim, ",")
	shape := make([]int64, len(names))
	for i, n := range names {
		shape[len(names)-1-i] = int64(b.sizes(n))
	}
	return shape
}

// sizes returns the size of a dimension, or the sum of several: "A+B".
func (b *Binder) sizes(names string) int {
	sum := 0
	for _, n := range strings.Split(names, "+") {
		size, ok := b.Sizes[n]
		if !ok {
			panic("nn: no size is called " + strconv.Quote(n))
		}
		sum += size
	}
	return sum
}

func shapeError(t *gguf.Tensor, dim string, want []int64) error {
	return &errs.FormatError{Offset: -1, What: fmt.Sprintf("tensor %q has the shape %d, but the model's sizes (%s) ask for %d", t.Name, t.Shape, dim, want)}
}

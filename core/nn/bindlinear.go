package nn

import (
	"slices"
	"strings"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/shard"
)

// piece is some rows of a tensor that are one of the dimensions of a Linear.
type piece struct {
	slice
	bias string // tensor with the bias of the whole tensor
	dim  string
}

// linear joins the matrices of a layer into as few as their layouts allow.
func (b *Binder) linear(l *Linear, prefix, name, option, dim string) error {
	pieces, err := b.pieces(prefix, name, option, "", dim)
	if err != nil {
		return err
	}
	b.own(l, pieces, option == "whole" && b.repeats(pieces))
	if l.split != nil {
		b.exchanged()
	}
	if len(pieces) > 1 {
		return b.stack(l, pieces)
	}
	m, err := b.matrix(pieces[0].tensor, pieces[0].rows)
	if err != nil {
		return err
	}
	l.parts = []*quant.Matrix{m}
	return b.bias(l, pieces)
}

// stack is linear for pieces that this worker has its rows of.
func (b *Binder) stack(l *Linear, pieces []piece) error {
	var pending []slice // neighbours of one layout
	var layout quant.Layout
	flush := func() {
		if len(pending) > 0 {
			l.parts = append(l.parts, b.join(pending, layout))
		}
		pending = nil
	}
	for _, p := range pieces {
		typ, err := p.tensor.Type()
		if err != nil {
			return err
		}
		if next := typ.Layout(p.tensor.Cols()); next != layout {
			flush()
			layout = next
		}
		if p.rows.Len() > 0 {
			pending = append(pending, p.slice)
		}
	}
	flush()
	return b.bias(l, pieces)
}

// pieces finds the tensors of a layer: one for each dimension of its rows, or,
// where the file has it so, one that has the rows of all. outer, if not empty, is what
// comes before dim in the tensors' shapes: "NAME,".
func (b *Binder) pieces(prefix, name, option, outer, dim string) ([]piece, error) {
	names := strings.Split(name, "+")
	rows, cols, _ := strings.Cut(dim, ",")
	dims := strings.Split(rows, "+")
	if other, ok := strings.CutPrefix(option, "alt:"); ok {
		if _, has := b.file.Tensor(prefix + names[0] + ".weight"); !has {
			if t, has := b.file.Tensor(prefix + other + ".weight"); has && slices.Equal(t.Shape, b.shape(outer+dim)) {
				names = []string{other}
			}
		}
	}
	out := make([]piece, len(dims))
	if len(names) == 1 {
		t, err := b.tensor(prefix+names[0]+".weight", outer+dim)
		if err != nil {
			return nil, err
		}
		at := 0
		for i, d := range dims {
			n := b.Sizes[d]
			out[i] = piece{slice{t, shard.Range{From: at, To: at + n}}, prefix + names[0] + ".bias", d}
			at += n
		}
		return out, nil
	}
	for i, n := range names {
		t, err := b.tensor(prefix+n+".weight", outer+dims[i]+","+cols)
		if err != nil {
			return nil, err
		}
		out[i] = piece{slice{t, shard.Range{To: b.Sizes[dims[i]]}}, prefix + n + ".bias", dims[i]}
	}
	return out, nil
}

// maxRepeated bounds the bytes of a matrix that each worker has of the others' rows.
const maxRepeated = 2 << 20

// repeats says whether all workers compute all rows, because that takes less time
// than the exchange of what each has computed. It pays for one token only; a batch
// takes a little longer.
func (b *Binder) repeats(pieces []piece) bool {
	if !b.Group.Costly() {
		return false
	}
	bytes := int64(0)
	for _, p := range pieces {
		if typ, err := p.tensor.Type(); err == nil {
			bytes += quant.MatrixBytes(p.rows.Len(), p.tensor.Cols(), typ.Layout(p.tensor.Cols()))
		}
	}
	n := int64(b.Group.Size())
	return bytes/n*(n-1) <= maxRepeated
}

// own sets which rows a layer has and cuts the pieces to those of this worker, unless
// it is to have all.
func (b *Binder) own(l *Linear, pieces []piece, all bool) {
	cut := func(p *piece, from, to int) {
		first, n := p.rows.From, p.rows.Len()
		p.rows = shard.Range{From: first + max(0, min(n, from)), To: first + max(0, min(n, to))}
	}
	if _, parts := b.Parts[pieces[0].dim]; parts && b.Group.Size() > 1 {
		for i := range pieces {
			own := b.Parts[pieces[i].dim]
			cut(&pieces[i], own.From, own.To)
			l.rows += own.Len()
		}
		return
	}
	for _, p := range pieces {
		l.rows += p.rows.Len()
	}
	if all {
		return
	}
	l.split = b.divide(l.rows)
	mine, first := l.split.Of(b.Group.Rank()), 0
	for i := range pieces {
		n := pieces[i].rows.Len()
		cut(&pieces[i], mine.From-first, mine.To-first)
		first += n
	}
}

// bias binds this worker's biases of a layer's matrices; those without one have zeros.
func (b *Binder) bias(l *Linear, pieces []piece) error {
	rows, has := 0, false
	for _, p := range pieces {
		rows += p.rows.Len()
		t, ok := b.file.Tensor(p.bias)
		if !ok {
			continue
		}
		if want := p.tensor.Shape[1:]; !slices.Equal(t.Shape, want) {
			return shapeError(t, "a value for each row of "+p.tensor.Name, want)
		}
		if _, err := t.Type(); err != nil {
			return err
		}
		has = true
	}
	if !has {
		return nil
	}
	l.bias = make([]float32, rows)
	at := 0
	for _, p := range pieces {
		n := p.rows.Len()
		if t, ok := b.file.Tensor(p.bias); ok {
			b.addVector(t, l.bias[at:at+n], p.rows.From)
		}
		at += n
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

package hf

import (
	"math"
	"slices"
	"sync"

	"github.com/gander-lm/gander/core/quant"
)

// view is a tensor's rows as GGUF has them, made of those in the folder. A vector
// is a view of rows of one value.
type view struct {
	change
	c       *config
	in, out quant.Type
	n, cols int // rows and columns, after the change

	// read fills dst with the stored tensor's bytes from off on.
	read func(dst []byte, off int64) error

	turned *turned // the model's
}

// turned is the stored tensor of a view that is transposed, while it is read. A model has
// one: its tensors are read one after the other, and a worker may not ask for all of one.
type turned struct {
	mu    sync.Mutex
	of    *view
	bytes []byte
}

// rows fills dst with whole rows from first on.
func (v *view) rows(dst []byte, first int) error {
	outBytes, _ := v.out.RowBytes(v.cols)
	n := len(dst) / outBytes
	raw := dst
	if v.in.ID != v.out.ID {
		inBytes, _ := v.in.RowBytes(v.cols)
		raw = make([]byte, n*inBytes)
	}
	if err := v.stored(raw, first, n); err != nil {
		return err
	}
	if v.in.ID != v.out.ID {
		values := make([]float32, n*v.cols)
		v.in.Dequantize(values, raw)
		v.out.Quantize(dst, values)
	}
	switch {
	case v.plusOne:
		each(dst, func(x float32) float32 { return x + 1 })
	case v.minusExp:
		each(dst, func(x float32) float32 { return float32(-math.Exp(float64(x))) })
	}
	return nil
}

// stored fills dst with n rows from first on, of the stored type.
func (v *view) stored(dst []byte, first, n int) error {
	rowBytes, _ := v.in.RowBytes(v.cols)
	switch {
	case v.transpose:
		return v.columns(dst, first, n)
	case v.change.rows != nil:
		return v.gather(dst, first, n, rowBytes)
	}
	if err := v.read(dst, int64(first)*int64(rowBytes)); err != nil || v.change.cols == nil {
		return err
	}
	size, row, from := v.in.BlockBytes, make([]byte, rowBytes), make([]int, v.cols)
	for col := range from {
		from[col] = v.change.cols(v.c, col)
	}
	for ; len(dst) > 0; dst = dst[rowBytes:] {
		copy(row, dst)
		for col, at := range from {
			copy(dst[col*size:(col+1)*size], row[at*size:])
		}
	}
	return nil
}

// maxSpread is how much more than the rows that are wanted may be read at once, to
// read them in one piece.
const maxSpread = 4

// gather collects rows that lie elsewhere: in one piece if they lie near each
// other, else one stretch of neighbours after the other.
func (v *view) gather(dst []byte, first, n, rowBytes int) error {
	low, high := v.n, 0
	for row := first; row < first+n; row++ {
		from := v.change.rows(v.c, row)
		low, high = min(low, from), max(high, from+1)
	}
	if high-low <= maxSpread*n {
		span := make([]byte, (high-low)*rowBytes)
		if err := v.read(span, int64(low)*int64(rowBytes)); err != nil {
			return err
		}
		for i := range n {
			copy(dst[i*rowBytes:(i+1)*rowBytes], span[(v.change.rows(v.c, first+i)-low)*rowBytes:])
		}
		return nil
	}
	for i := 0; i < n; {
		from, end := v.change.rows(v.c, first+i), i+1
		for end < n && v.change.rows(v.c, first+end) == from+end-i {
			end++
		}
		if err := v.read(dst[i*rowBytes:end*rowBytes], int64(from)*int64(rowBytes)); err != nil {
			return err
		}
		i = end
	}
	return nil
}

// columns collects columns of a matrix that is stored the other way round. All of
// it is read at the first call, and kept until its last row or another matrix is asked
// for: a column touches every row.
func (v *view) columns(dst []byte, first, n int) error {
	t := v.turned
	t.mu.Lock()
	defer t.mu.Unlock()
	size := v.in.BlockBytes // of a value
	if t.of != v {
		t.of, t.bytes = nil, slices.Grow(t.bytes[:0], v.n*v.cols*size)[:v.n*v.cols*size]
		if err := v.read(t.bytes, 0); err != nil {
			return err
		}
		t.of = v
	}
	for i := range n {
		row := dst[i*v.cols*size : (i+1)*v.cols*size]
		for k := range v.cols {
			copy(row[k*size:(k+1)*size], t.bytes[(k*v.n+first+i)*size:])
		}
	}
	if first+n == v.n {
		t.of, t.bytes = nil, nil
	}
	return nil
}

package nn

import (
	"context"
	"sort"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
)

// readBytes is how much of a tensor is read and packed at a time, if that is at least
// a group of rows: little beside a model, and little enough to stay in the cache.
const readBytes = 1 << 20

// joined is a matrix to be made of rows of one or more tensors.
type joined struct {
	rows, cols int
	half       int // columns of the first of two sums; 0 for one
	layout     quant.Layout
	matrix     *quant.Matrix // filled in by Load
}

// job is some rows of a tensor to read into rows of a matrix, or values of a vector.
type job struct {
	slice
	into   *joined
	first  int // row of into
	from   int // column of the tensor that is the first of into
	vector []float32
}

// Bytes returns the size in memory of all weights that this worker has, in bytes.
func (b *Binder) Bytes() int64 {
	n := int64(0)
	for _, j := range b.joins {
		n += quant.MatrixBytes(j.rows, j.cols, j.layout)
	}
	for _, j := range b.jobs {
		n += 4 * int64(len(j.vector))
	}
	return n
}

// Load reads all tensors, each once and in the order of the file, and packs
// them. progress, if not nil, is told how far in the file it is, in bytes.
// ctx's cause is returned when it ends.
func (b *Binder) Load(ctx context.Context, progress func(offset int64)) error {
	sort.SliceStable(b.jobs, func(i, j int) bool { return b.jobs[i].tensor.Offset < b.jobs[j].tensor.Offset })
	l := loader{file: b.file}
	for _, j := range b.jobs {
		if err := l.load(ctx, j, progress); err != nil {
			return err
		}
	}
	b.jobs, b.joins = nil, nil
	return nil
}

type loader struct {
	file   *gguf.File
	raw    []byte
	packer quant.Packer
}

// load does one job, some rows at a time.
func (l *loader) load(ctx context.Context, j job, progress func(int64)) error {
	t := j.tensor
	typ, err := t.Type()
	if err != nil {
		return err
	}
	rowBytes, _ := typ.RowBytes(t.Cols())
	if j.into == nil {
		return l.vector(j, typ, progress)
	}
	if m := j.into.matrix; m.Rows == 0 && j.into.rows > 0 {
		*m = *quant.NewMatrix(j.into.rows, j.into.cols, j.into.layout)
		m.Half = j.into.half
	}
	step := max(1, readBytes/rowBytes/kernel.GroupRows) * kernel.GroupRows
	for row := j.rows.From; row < j.rows.To; row += step {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n := min(step, j.rows.To-row)
		raw := l.buffer(n * rowBytes)
		if err := l.file.ReadTensor(t, raw, int64(row)*int64(rowBytes)); err != nil {
			return err
		}
		l.packer.PackColumns(j.into.matrix, j.first+row-j.rows.From, n, typ, raw, t.Cols(), j.from)
		if progress != nil {
			progress(t.Offset + int64(row+n)*int64(rowBytes))
		}
	}
	return nil
}

// vector reads values of a vector, or of a few rows as one, in whole blocks.
func (l *loader) vector(j job, typ quant.Type, progress func(int64)) error {
	if len(j.vector) == 0 {
		return nil
	}
	first, last := j.rows.From/typ.BlockLen, (j.rows.To+typ.BlockLen-1)/typ.BlockLen
	raw := l.buffer((last - first) * typ.BlockBytes)
	if err := l.file.ReadTensor(j.tensor, raw, int64(first)*int64(typ.BlockBytes)); err != nil {
		return err
	}
	if n := (last - first) * typ.BlockLen; len(j.vector) == n {
		typ.Dequantize(j.vector, raw)
	} else {
		whole := make([]float32, n)
		typ.Dequantize(whole, raw)
		copy(j.vector, whole[j.rows.From-first*typ.BlockLen:])
	}
	if progress != nil {
		progress(j.tensor.Offset + int64(last)*int64(typ.BlockBytes))
	}
	return nil
}

// buffer returns n bytes that the next call overwrites.
func (l *loader) buffer(n int) []byte {
	if cap(l.raw) < n {
		l.raw = make([]byte, n)
	}
	return l.raw[:n]
}

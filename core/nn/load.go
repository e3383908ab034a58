package nn

import (
	"context"
	"sort"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kernel"
	"github.com/gander-lm/gander/core/quant"
)

// readBytes is how much of a tensor is read and packed at a time.
const readBytes = 4 << 20

// joined is a matrix to be made of one or more tensors.
type joined struct {
	rows, cols int
	layout     quant.Layout
	matrix     *quant.Matrix // filled in by Load
}

// job is one tensor to read: into rows of a matrix, or into a vector.
type job struct {
	tensor *gguf.Tensor
	into   *joined
	first  int // row of into
	vector []float32
}

// Bytes returns the size of all weights in memory, in bytes.
func (b *Binder) Bytes() int64 {
	n := int64(0)
	for _, j := range b.jobs {
		if j.into == nil {
			n += 4 * int64(len(j.vector))
		} else if j.first == 0 {
			n += quant.MatrixBytes(j.into.rows, j.into.cols, j.into.layout)
		}
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
	b.jobs = nil
	return nil
}

type loader struct {
	file   *gguf.File
	raw    []byte
	packer quant.Packer
}

// load reads one tensor, some rows at a time.
func (l *loader) load(ctx context.Context, j job, progress func(int64)) error {
	t := j.tensor
	typ, err := t.Type()
	if err != nil {
		return err
	}
	rowBytes, _ := typ.RowBytes(t.Cols())
	step := max(1, readBytes/rowBytes/kernel.GroupRows*kernel.GroupRows)
	if j.into != nil && j.into.matrix.Rows == 0 {
		*j.into.matrix = *quant.NewMatrix(j.into.rows, j.into.cols, j.into.layout)
	}
	for row := 0; row < t.Rows(); row += step {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n := min(step, t.Rows()-row)
		if cap(l.raw) < n*rowBytes {
			l.raw = make([]byte, n*rowBytes)
		}
		raw := l.raw[:n*rowBytes]
		if err := l.file.ReadTensor(t, raw, int64(row*rowBytes)); err != nil {
			return err
		}
		if j.into != nil {
			l.packer.Pack(j.into.matrix, j.first+row, n, typ, raw)
		} else {
			typ.Dequantize(j.vector, raw)
		}
		if progress != nil {
			progress(t.Offset + int64((row+n)*rowBytes))
		}
	}
	return nil
}

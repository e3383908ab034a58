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

// ActivationBytes returns the size in memory of the inputs of products, of so many tokens
// and columns, as they are quantised for the matrices that this worker has, in bytes.
func (b *Binder) ActivationBytes(tokens, cols int) int64 {
	n, counted := int64(0), map[int]bool{0: true}
	for _, j := range b.joins {
		if bits := j.layout.Bits(); !counted[bits] {
			counted[bits] = true
			n += kernel.ActivationBytes(bits, tokens, cols)
		}
	}
	return n
}

// Load reads all tensors, each once and in the order of the file, and packs
// them. progress, if not nil, is told how far in the file it is, in bytes.
// ctx's cause is returned when it ends.
func (b *Binder) Load(ctx context.Context, progress func(offset int64)) error {
	sort.SliceStable(b.jobs, func(i, j int) bool { return b.jobs[i].tensor.Offset < b.jobs[j].tensor.Offset })
	var all []stretch
	for _, j := range b.jobs {
		var err error
		if all, err = j.stretches(all); err != nil {
			return err
		}
	}
	l := loader{file: b.file, room: room(all)}
	for len(all) > 0 {
		n := l.together(all)
		raw, err := l.read(all[:n])
		if err != nil {
			return err
		}
		for _, s := range all[:n] {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			l.unpack(s, raw[s.at-all[0].at:s.end-all[0].at])
			if progress != nil {
				progress(s.end)
			}
		}
		all = all[n:]
	}
	b.jobs, b.joins = nil, nil
	return nil
}

// stretch is the part of a job that is unpacked at once: n rows of the tensor from row
// on, or all values of a vector.
type stretch struct {
	job
	typ     quant.Type
	row, n  int
	at, end int64 // where its bytes are in the file
}

// stretches appends those of a job, each of about readBytes at most.
func (j job) stretches(all []stretch) ([]stretch, error) {
	t := j.tensor
	typ, err := t.Type()
	if err != nil {
		return nil, err
	}
	if j.into == nil { // in whole blocks
		first, last := j.rows.From/typ.BlockLen, (j.rows.To+typ.BlockLen-1)/typ.BlockLen
		if len(j.vector) == 0 {
			return all, nil
		}
		return append(all, stretch{job: j, typ: typ, at: t.Offset + int64(first*typ.BlockBytes), end: t.Offset + int64(last*typ.BlockBytes)}), nil
	}
	rowBytes, _ := typ.RowBytes(t.Cols())
	step := max(1, readBytes/rowBytes/kernel.GroupRows) * kernel.GroupRows
	for row := j.rows.From; row < j.rows.To; row += step {
		n := min(step, j.rows.To-row)
		at := t.Offset + int64(row)*int64(rowBytes)
		all = append(all, stretch{j, typ, row, n, at, at + int64(n)*int64(rowBytes)})
	}
	return all, nil
}

type loader struct {
	file   *gguf.File
	raw    []byte
	room   *quant.Room
	packer quant.Packer
}

// room returns memory for the packed matrices that stretches are read into.
func room(all []stretch) *quant.Room {
	var sizes []int64
	seen := map[*joined]bool{}
	for _, s := range all {
		if j := s.into; j != nil && j.layout != quant.Dense && !seen[j] {
			seen[j] = true
			sizes = append(sizes, quant.MatrixBytes(j.rows, j.cols, j.layout))
		}
	}
	return quant.NewRoom(sizes)
}

// together returns how many of the first stretches are read at once: neighbours, of
// readBytes together, since a read takes a while however few bytes it is of.
func (l *loader) together(all []stretch) int {
	n := 1
	for n < len(all) && all[n].end-all[0].at <= readBytes && all[n].at >= all[n-1].end && all[n].at-all[n-1].end < l.file.Alignment {
		n++
	}
	return n
}

// read returns the bytes of stretches and between them, until the next call.
func (l *loader) read(some []stretch) ([]byte, error) {
	at := some[0].at
	size := int(some[len(some)-1].end - at)
	if cap(l.raw) < size {
		l.raw = make([]byte, size)
	}
	raw := l.raw[:size]
	if len(some) > 1 {
		if n, _ := l.file.ReadAt(raw, at); n == size {
			return raw, nil
		}
	}
	for _, s := range some { // if one fails, the error names its tensor
		if err := l.file.ReadTensor(s.tensor, raw[s.at-at:s.end-at], s.at-s.tensor.Offset); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

// unpack packs what was read of a stretch.
func (l *loader) unpack(s stretch, raw []byte) {
	if s.into == nil {
		l.vector(s, raw)
		return
	}
	if m := s.into.matrix; m.Rows == 0 && s.into.rows > 0 {
		l.room.Init(m, s.into.rows, s.into.cols, s.into.half, s.into.layout)
	}
	l.packer.PackColumns(s.into.matrix, s.first+s.row-s.rows.From, s.n, s.typ, raw, s.tensor.Cols(), s.from)
}

// vector unpacks values of a vector, or of a few rows as one, from whole blocks.
func (l *loader) vector(s stretch, raw []byte) {
	n := len(raw) / s.typ.BlockBytes * s.typ.BlockLen
	if n == len(s.vector) {
		s.typ.Dequantize(s.vector, raw)
		return
	}
	whole := make([]float32, n)
	s.typ.Dequantize(whole, raw)
	copy(s.vector, whole[s.rows.From%s.typ.BlockLen:])
}

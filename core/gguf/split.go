package gguf

import (
	"fmt"
	"io"
	"sort"

	"github.com/gander-lm/gander/core/errs"
)

// Part is one file of a model: the only one, or one of a split model.
type Part struct {
	io.ReaderAt
	Size int64 // bytes
}

// ReadSplit reads and checks the headers of all files of a model and returns them
// as if they were one: the metadata of the first, the tensors of all. The order
// of parts does not matter, each says its number.
//
// Offsets, in tensors and in errors, are those of the parts laid end to end in
// the order of their numbers. One part that is no split model is read as Read does.
//
// Format: the keys split.no, split.count and split.tensors.count that llama.cpp's
// gguf-split writes (tools/gguf-split, src/llama-model-loader.cpp).
func ReadSplit(parts []Part) (*File, error) {
	files := make([]*File, len(parts))
	order := make([]Part, len(parts))
	for i, p := range parts {
		f, err := Read(p, p.Size)
		if err != nil && len(parts) > 1 {
			return nil, fmt.Errorf("part %d of %d: %w", i+1, len(parts), err)
		} else if err != nil {
			return nil, err
		}
		no, err := splitNumber(f, len(parts))
		if err == nil && files[no] != nil {
			err = &errs.FormatError{Offset: -1, What: fmt.Sprintf("two of the files are part %d of the split model", no+1)}
		}
		if err != nil {
			return nil, fmt.Errorf("gguf: %w", err)
		}
		files[no], order[no] = f, p
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("gguf: %w", &errs.FormatError{Offset: -1, What: "a model of no files"})
	}
	if len(parts) == 1 {
		return files[0], nil
	}
	return merge(files, order)
}

// splitNumber returns which part of how many a file is, from 0.
func splitNumber(f *File, parts int) (int, error) {
	count, split := f.Uint("split.count")
	no, numbered := f.Uint("split.no")
	switch {
	case !split && parts == 1:
		return 0, nil
	case !split || !numbered:
		return 0, &errs.FormatError{Offset: -1, What: fmt.Sprintf("%d files, of which one is no part of a split model", parts)}
	case count != uint64(parts):
		return 0, &errs.FormatError{Offset: -1, What: fmt.Sprintf("part %d of %d of a split model; all parts are needed, and %d were given", no+1, count, parts)}
	case no >= count:
		return 0, &errs.FormatError{Offset: -1, What: fmt.Sprintf("split.no is %d of %d", no, count)}
	}
	return int(no), nil
}

// merge joins the headers of all parts, in order.
func merge(files []*File, parts []Part) (*File, error) {
	all := &joined{}
	f := *files[0]
	f.r, f.Tensors, f.byName = all, nil, map[string]int{}
	for i, part := range files {
		base := all.add(parts[i])
		for _, t := range part.Tensors {
			if _, ok := f.byName[t.Name]; ok {
				return nil, fmt.Errorf("gguf: %w", &errs.FormatError{Offset: -1, What: fmt.Sprintf("tensor %q is in two parts of the split model", t.Name)})
			}
			t.Offset += base
			f.byName[t.Name] = len(f.Tensors)
			f.Tensors = append(f.Tensors, t)
		}
	}
	if want, ok := f.Uint("split.tensors.count"); ok && want != uint64(len(f.Tensors)) {
		return nil, fmt.Errorf("gguf: %w", &errs.FormatError{Offset: -1, What: fmt.Sprintf("the parts have %d tensors together, split.tensors.count says %d", len(f.Tensors), want)})
	}
	return &f, nil
}

// joined is parts laid end to end.
type joined struct {
	parts []Part
	bases []int64 // where each begins
	size  int64
}

// add appends a part and returns where it begins.
func (j *joined) add(p Part) int64 {
	j.parts, j.bases = append(j.parts, p), append(j.bases, j.size)
	j.size += p.Size
	return j.size - p.Size
}

// ReadAt reads from the part that offset off is in, which must have all of b: no
// tensor lies in two parts.
func (j *joined) ReadAt(b []byte, off int64) (int, error) {
	i := sort.Search(len(j.bases), func(i int) bool { return j.bases[i] > off }) - 1
	if i < 0 {
		return 0, io.EOF
	}
	return j.parts[i].ReadAt(b, off-j.bases[i])
}

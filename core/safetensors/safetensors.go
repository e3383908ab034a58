// Package safetensors reads files of Hugging Face's format for tensors: one file,
// or several shards with an index.
//
// A file is the length of its header, a header in JSON that says where each tensor
// lies, and the tensors' bytes. Read checks all of the header before it returns.
//
// Format: https://github.com/huggingface/safetensors, section Format of README.md.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"sort"
	"strconv"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
)

// Limits on what a header may hold; real files are far below them.
const (
	MaxHeaderBytes = 100_000_000 // the reference implementation's own limit
	MaxTensors     = 1 << 16
	MaxDims        = 8
)

// headerStart is where the header begins: after its length.
const headerStart = 8

// File is the checked header of a file.
type File struct {
	Tensors  []Tensor          // by offset
	Metadata map[string]string // __metadata__; nil if there is none

	r      io.ReaderAt
	byName map[string]int
}

// Tensor is where a tensor lies in a file and what it is.
type Tensor struct {
	Name   string
	DType  string  // "F32", "F16", "BF16", ...
	Shape  []int64 // outermost first, as the file has it; empty for a single value
	Offset int64   // from the start of the file, in bytes
	Size   int64   // in bytes
}

// dtypeBits is how many bits a value has. A type that is not here is left to who
// needs the tensor.
var dtypeBits = map[string]int64{
	"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
	"I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}

// Read reads and checks the header of a file of size bytes. A broken file is an
// *errs.FormatError.
func Read(r io.ReaderAt, size int64) (*File, error) {
	f, err := read(r, size)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

func broken(at int64, format string, args ...any) error {
	return &errs.FormatError{Offset: at, What: fmt.Sprintf(format, args...)}
}

func read(r io.ReaderAt, size int64) (*File, error) {
	var length [headerStart]byte
	if err := files.Full(r, length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > MaxHeaderBytes || int64(n) > size-headerStart {
		return nil, broken(0, "not a safetensors file, or cut off: a header of %d bytes in a file of %d (at most %d are allowed)", n, size, MaxHeaderBytes)
	}
	header := make([]byte, n)
	if err := files.Full(r, header, headerStart); err != nil {
		return nil, err
	}
	f := &File{r: r, byName: map[string]int{}}
	if err := f.parse(header, size); err != nil {
		return nil, err
	}
	return f, f.order()
}

// parse reads the header's JSON.
func (f *File) parse(header []byte, size int64) error {
	d := files.NewJSON(header)
	fail := func(err error) error {
		return broken(headerStart+d.InputOffset(), "header is no JSON object of tensors: %v", err)
	}
	if t, err := d.ReadToken(); err != nil {
		return fail(err)
	} else if t.Kind() != '{' {
		return fail(fmt.Errorf("it begins with %v", t))
	}
	start := headerStart + int64(len(header))
	for d.PeekKind() != '}' {
		at := headerStart + d.InputOffset()
		t, err := d.ReadToken()
		if err != nil {
			return fail(err)
		}
		name := t.String()
		value, err := files.ParseValue(d)
		if err != nil {
			return fail(fmt.Errorf("%q: %w", name, err))
		}
		if name == "__metadata__" {
			err = f.metadata(value)
		} else {
			err = f.tensor(name, value, start, size)
		}
		if err != nil {
			return broken(at, "%v", err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return fail(err)
	}
	if rest := bytes.TrimLeft(header[d.InputOffset():], " \t\r\n\x00"); len(rest) > 0 {
		return broken(headerStart+d.InputOffset(), "header goes on after its JSON object")
	}
	return nil
}

func (f *File) metadata(value any) error {
	fields, ok := value.(map[string]any)
	if !ok || f.Metadata != nil {
		return fmt.Errorf(`"__metadata__" is no object, or there twice`)
	}
	f.Metadata = map[string]string{}
	for k, v := range fields {
		if f.Metadata[k], ok = v.(string); !ok {
			return fmt.Errorf(`"__metadata__" has %v, which is no text`, v)
		}
	}
	return nil
}

// tensor adds a tensor. The tensors' bytes begin at start.
func (f *File) tensor(name string, value any, start, size int64) error {
	info, _ := value.(map[string]any)
	dtype, _ := info["dtype"].(string)
	shape, shaped := integers(info["shape"])
	offsets, placed := integers(info["data_offsets"])
	if dtype == "" || !shaped || !placed || len(offsets) != 2 {
		return fmt.Errorf("tensor %q has no dtype, shape or data_offsets", name)
	}
	t := Tensor{Name: name, DType: dtype, Shape: shape}
	if err := t.place(offsets[0], offsets[1], start, size); err != nil {
		return fmt.Errorf("tensor %q: %w", name, err)
	}
	if _, ok := f.byName[name]; ok {
		return fmt.Errorf("tensor %q is there twice", name)
	}
	if len(f.Tensors) == MaxTensors {
		return fmt.Errorf("more than %d tensors", MaxTensors)
	}
	f.byName[name] = len(f.Tensors)
	f.Tensors = append(f.Tensors, t)
	return nil
}

// integers returns a list of whole numbers.
func integers(value any) ([]int64, bool) {
	list, ok := value.([]any)
	out := make([]int64, len(list))
	for i, v := range list {
		n, isNumber := v.(files.Number)
		x, err := strconv.ParseInt(string(n), 10, 64)
		out[i], ok = x, ok && isNumber && err == nil
	}
	return out, ok
}

// place checks a tensor's shape and where it lies. begin and end count from
// start, where the header ends.
func (t *Tensor) place(begin, end, start, size int64) error {
	if begin < 0 || end < begin || end > size-start {
		return fmt.Errorf("data_offsets %d to %d in a file with %d bytes of tensors", begin, end, size-start)
	}
	t.Offset, t.Size = start+begin, end-begin
	if len(t.Shape) > MaxDims {
		return fmt.Errorf("%d dimensions", len(t.Shape))
	}
	n := uint64(1)
	for _, d := range t.Shape {
		high, low := bits.Mul64(n, uint64(d))
		if d < 0 || d > math.MaxInt32 || high != 0 || low > math.MaxInt64/64 {
			return fmt.Errorf("impossible shape %d", t.Shape)
		}
		n = low
	}
	if width, ok := dtypeBits[t.DType]; ok && (int64(n)*width+7)/8 != t.Size {
		return fmt.Errorf("%d bytes for the shape %d of %s, which needs %d", t.Size, t.Shape, t.DType, (int64(n)*width+7)/8)
	}
	return nil
}

// order sorts the tensors by offset and checks that none overlap.
func (f *File) order() error {
	sort.SliceStable(f.Tensors, func(i, j int) bool { return f.Tensors[i].Offset < f.Tensors[j].Offset })
	var last *Tensor // that is not empty
	for i := range f.Tensors {
		t := &f.Tensors[i]
		f.byName[t.Name] = i
		if t.Size == 0 {
			continue
		}
		if last != nil && last.Offset+last.Size > t.Offset {
			return broken(t.Offset, "tensors %q and %q overlap", last.Name, t.Name)
		}
		last = t
	}
	return nil
}

// Tensor returns the tensor of that name.
func (f *File) Tensor(name string) (*Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return nil, false
	}
	return &f.Tensors[i], true
}

// ReadTensor reads len(dst) bytes of a tensor, from byte off within it.
func (f *File) ReadTensor(t *Tensor, dst []byte, off int64) error {
	if off < 0 || off > t.Size || int64(len(dst)) > t.Size-off {
		return fmt.Errorf("safetensors: tensor %q: bytes %d to %d of %d", t.Name, off, off+int64(len(dst)), t.Size)
	}
	if err := files.Full(f.r, dst, t.Offset+off); err != nil {
		return fmt.Errorf("safetensors: tensor %q: %w", t.Name, err)
	}
	return nil
}

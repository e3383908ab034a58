package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/folder"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
	"github.com/gander-lm/gander/core/tokenizer"
)

// Source is a model's files: Parts or a Folder.
type Source interface {
	// header reads what is before the weights.
	header(ctx context.Context) (*header, error)
}

// header is a model whose weights can be read.
type header struct {
	file      *gguf.File
	size      int64 // of file, in bytes
	fileSize  int64 // before anything was quantised
	quantized bool
	tokenizer func() (*tokenizer.Tokenizer, error)
	close     func() error
}

// Part is one file of a model.
type Part = gguf.Part

// Parts is a model of GGUF files: one, or those that it was split into, in any order.
type Parts []Part

func (p Parts) header(ctx context.Context) (*header, error) {
	h := &header{close: func() error { return nil }}
	guarded := make([]Part, len(p))
	for i, part := range p {
		guarded[i] = Part{ReaderAt: reader{ctx, part}, Size: part.Size}
		h.size += part.Size
	}
	var err error
	h.file, err = gguf.ReadSplit(guarded)
	h.fileSize = h.size
	h.tokenizer = sync.OnceValues(func() (*tokenizer.Tokenizer, error) { return tokenizer.New(h.file) })
	return h, err
}

// Folder is a model of other files: a folder of Hugging Face's with config.json,
// tokenizer files and safetensors, or one with a .bin file of llama2.c and its
// tokenizer.bin. The files must be io.ReaderAts, as those of os.DirFS are; their
// weights are read in the order in which they lie there.
type Folder struct{ fs.FS }

func (f Folder) header(ctx context.Context) (*header, error) {
	m, err := folder.Open(guardedFS{ctx, f.FS})
	if err != nil {
		return nil, err
	}
	h := &header{tokenizer: m.Tokenizer, close: m.Close}
	var r io.ReaderAt
	if r, h.size, err = m.File.Reader(); err == nil {
		h.file, err = gguf.Read(r, h.size)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	h.fileSize = h.size
	if h.tokenizer == nil {
		h.tokenizer = func() (*tokenizer.Tokenizer, error) { return tokenizer.New(h.file) }
	}
	h.tokenizer = sync.OnceValues(h.tokenizer)
	return h, nil
}

// architecture returns the name that a folder gives its architecture, known or not.
func (f Folder) architecture(ctx context.Context) string {
	return folder.Architecture(guardedFS{ctx, f.FS})
}

// quantize makes the model, once, one with its matrices in the type that the options name.
func (h *header) quantize(o Options) error {
	t, ok, err := o.quantizeType()
	if !ok || err != nil || h.quantized {
		return err
	}
	h.quantized = true
	w, err := h.file.Quantize(t)
	if err != nil {
		return err
	}
	r, size, err := w.Reader()
	if err != nil {
		return err
	}
	h.size = size
	h.file, err = gguf.Read(r, size)
	return err
}

// quantizeType returns the type that Options.Quantize names; ok is false where it
// is empty.
func (o *Options) quantizeType() (t quant.Type, ok bool, err error) {
	if o.Quantize == "" {
		return t, false, nil
	}
	t, ok = quant.ByName(strings.ToUpper(o.Quantize))
	if !ok || t.Quantize == nil {
		return t, false, &errs.OptionError{Option: "quantize", What: fmt.Sprintf("is %q, must be one of %s", o.Quantize, strings.Join(quant.Writable(), ", "))}
	}
	return t, true, nil
}

// reader makes the failures of the caller's reader a *ReadError, but for the end
// of the file, which is the file's fault, and the end of the context.
type reader struct {
	ctx context.Context
	r   io.ReaderAt
}

// ReadAt implements io.ReaderAt.
func (r reader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.r.ReadAt(p, off)
	if err == nil || err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return n, err
	}
	return n, failure(r.ctx, err)
}

// failure is a reader's error: the end of the context, or a *ReadError.
func failure(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return &ReadError{err}
}

// guardedFS makes the failures of the caller's files *ReadErrors, as reader does;
// that a file is not there stays what it is.
type guardedFS struct {
	ctx  context.Context
	fsys fs.FS
}

// Open implements fs.FS.
func (g guardedFS) Open(name string) (fs.File, error) {
	f, err := g.fsys.Open(name)
	if err != nil {
		return nil, g.failure(err)
	}
	r, ok := f.(io.ReaderAt)
	if !ok {
		return f, nil
	}
	return guardedFile{f, reader{g.ctx, r}}, nil
}

// Glob implements fs.GlobFS.
func (g guardedFS) Glob(pattern string) ([]string, error) {
	names, err := fs.Glob(g.fsys, pattern)
	return names, g.failure(err)
}

func (g guardedFS) failure(err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return failure(g.ctx, err)
}

type guardedFile struct {
	fs.File
	reader
}

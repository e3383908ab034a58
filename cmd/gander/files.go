package main

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/folder"
	"github.com/gander-lm/gander/core/gguf"
)

// modelFiles is a model on disk.
type modelFiles struct {
	source core.Source
	parts  core.Parts // of a GGUF file, else nil
	folder fs.FS      // else
	close  func()
}

// files finds the files of a model: of a folder, those in it; of a .bin file of
// llama2.c, itself and its tokenizer; of a part of a split model, all parts.
func (m *modelFlags) files(path string) (*modelFiles, error) {
	info, err := os.Stat(path)
	bin := err == nil && filepath.Ext(path) == ".bin"
	if m.tokenizer != "" && !bin {
		return nil, usagef("--tokenizer is for .bin files of llama2.c")
	}
	switch {
	case bin:
		return llama2cFiles(path, m.tokenizer), nil
	case err == nil && info.IsDir():
		return folderFiles(os.DirFS(path)), nil
	}
	parts, closeAll, err := openParts(path)
	if err != nil {
		return nil, err
	}
	return &modelFiles{source: core.Parts(parts), parts: parts, close: closeAll}, nil
}

func folderFiles(fsys fs.FS) *modelFiles {
	return &modelFiles{source: core.Folder{FS: fsys}, folder: fsys, close: func() {}}
}

// llama2cFiles is a folder with nothing but a model and its tokenizer, or with what
// may be its tokenizer beside it.
func llama2cFiles(model, tokenizer string) *modelFiles {
	files := chosen{filepath.Base(model): model}
	if tokenizer != "" {
		files["tokenizer.bin"] = tokenizer
		return folderFiles(files)
	}
	beside, _ := filepath.Glob(filepath.Join(filepath.Dir(model), "tok*.bin"))
	for _, p := range beside {
		if folder.IsTokenizer(p) {
			files[filepath.Base(p)] = p
		}
	}
	return folderFiles(files)
}

// chosen is a folder of some files from anywhere, by the names that they have in it.
type chosen map[string]string

// Open implements fs.FS.
func (c chosen) Open(name string) (fs.File, error) {
	p, ok := c[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.Open(p)
}

// Glob implements fs.GlobFS.
func (c chosen) Glob(pattern string) (names []string, err error) {
	for name := range c {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// gguf returns the model as GGUF. release is called when its tensors are not read
// any more.
func (f *modelFiles) gguf() (file *gguf.File, release func(), err error) {
	if f.parts != nil {
		file, err = gguf.ReadSplit(f.parts)
		return file, func() {}, err
	}
	m, err := folder.Open(f.folder)
	if err != nil {
		return nil, nil, err
	}
	if file, err = readBack(m.File); err != nil {
		m.Close()
		return nil, nil, err
	}
	return file, func() { m.Close() }, nil
}

// readBack reads the header of a file that is not written.
func readBack(w *gguf.Writer) (*gguf.File, error) {
	r, size, err := w.Reader()
	if err != nil {
		return nil, err
	}
	return gguf.Read(r, size)
}

// splitName matches the name of a part of a split model.
var splitName = regexp.MustCompile(`^(.*-)(\d{5})(-of-(\d{5})\.gguf)$`)

// openParts opens a model file; of a split model, whose parts' names end in
// -00001-of-00003.gguf, also all others. closeAll closes them.
func openParts(path string) (parts []core.Part, closeAll func(), err error) {
	paths := []string{path}
	if name := splitName.FindStringSubmatch(path); name != nil {
		count, _ := strconv.Atoi(name[4])
		paths = paths[:0]
		for i := range count {
			paths = append(paths, fmt.Sprintf("%s%05d%s", name[1], i+1, name[3]))
		}
	}
	var files []*os.File
	closeAll = func() {
		for _, f := range files {
			f.Close()
		}
	}
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		files = append(files, f)
		info, err := f.Stat()
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		parts = append(parts, core.Part{ReaderAt: f, Size: info.Size()})
	}
	return parts, closeAll, nil
}

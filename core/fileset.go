package core

import (
	"io"
	"io/fs"
	"path"
	"slices"
	"time"
)

// Files is a folder of files that are anywhere, by the names that they have in it:
// what a Folder can be made of where there is no file system.
type Files map[string]Part

// Open implements fs.FS.
func (f Files) Open(name string) (fs.File, error) {
	p, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &openFile{io.NewSectionReader(p, 0, p.Size), name}, nil
}

// Glob implements fs.GlobFS.
func (f Files) Glob(pattern string) ([]string, error) {
	var names []string
	for name := range f {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return nil, err
		}
		if ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// openFile is a file of Files, and what is known of it.
type openFile struct {
	*io.SectionReader
	name string
}

// Stat returns the file itself, which knows all there is to know.
func (f *openFile) Stat() (fs.FileInfo, error) { return f, nil }

// Close does nothing: whoever gave the file lets it go.
func (f *openFile) Close() error { return nil }

// Name returns the file's name.
func (f *openFile) Name() string { return f.name }

// Mode says that the file can be read.
func (f *openFile) Mode() fs.FileMode { return 0o444 }

// ModTime is not known.
func (f *openFile) ModTime() time.Time { return time.Time{} }

// IsDir says that it is a file.
func (f *openFile) IsDir() bool { return false }

// Sys returns nothing.
func (f *openFile) Sys() any { return nil }

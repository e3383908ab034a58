// Package files reads the files of a folder that is given as an fs.FS, anywhere in
// them. What can be wrong with a file is an *errs.FormatError.
package files

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/gander-lm/gander/core/errs"
)

// Open opens a file that can be read anywhere, and says how many bytes it has. The
// files of os.DirFS, embed.FS and fstest.MapFS are of this kind. A file that is not
// there is an error that is fs.ErrNotExist.
func Open(fsys fs.FS, name string) (r io.ReaderAt, size int64, c io.Closer, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, 0, nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var ok bool
		if r, ok = f.(io.ReaderAt); !ok || info.IsDir() {
			err = &errs.FormatError{Offset: -1, What: fmt.Sprintf("%s is a folder, or of a kind (%T) that can't be read anywhere", name, f)}
		}
	}
	if err != nil {
		f.Close()
		return nil, 0, nil, err
	}
	return r, info.Size(), f, nil
}

// Read returns the bytes of a file, of which there may be at most limit.
func Read(fsys fs.FS, name string, limit int64) ([]byte, error) {
	r, size, c, err := Open(fsys, name)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if size > limit {
		return nil, fmt.Errorf("%s: %w", name, &errs.FormatError{Offset: -1, What: fmt.Sprintf("%d bytes; at most %d are allowed", size, limit)})
	}
	b := make([]byte, size)
	if err := Full(r, b, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// Full fills p with the bytes from off on. A file that ends before is an
// *errs.FormatError.
func Full(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return &errs.FormatError{Offset: off + int64(n), What: fmt.Sprintf("file ends: %d bytes needed, %d there", len(p), n)}
	}
	return err
}

package wasm

import (
	"io"
	"syscall/js"

	"github.com/gander-lm/gander/core"
)

// maxRead is the most bytes that are asked of a source at once, so that JavaScript never holds a large tensor in one ArrayBuffer.
const maxRead = 4 << 20

// A source is an io.ReaderAt over a JavaScript object with a method read(offset, length) that returns a Promise of a Uint8Array. It
// serves one reader at a time.
type source struct{ object js.Value }

// parts returns the files that the source is made of. A source with a property parts, the sizes of files laid end to end, is several.
func (s source) parts() core.Parts {
	sizes := s.object.Get("parts")
	if sizes.IsUndefined() {
		return core.Parts{{ReaderAt: s, Size: int64(s.object.Get("size").Float())}}
	}
	parts := make(core.Parts, sizes.Length())
	at := int64(0)
	for i := range parts {
		size := int64(sizes.Index(i).Float())
		parts[i] = core.Part{ReaderAt: io.NewSectionReader(s, at, size), Size: size}
		at += size
	}
	return parts
}

// model returns the model that the source holds. A source with a property names, of the files in parts, is a folder.
func (s source) model() core.Source {
	names, parts := s.object.Get("names"), s.parts()
	if names.IsUndefined() {
		return parts
	}
	files := core.Files{}
	for i, part := range parts {
		files[names.Index(i).String()] = part
	}
	return core.Folder{FS: files}
}

// ReadAt implements io.ReaderAt. Its error is io.EOF, or what read rejected with.
func (s source) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		want := min(len(p)-n, maxRead)
		piece, err := await(s.object.Call("read", float64(off)+float64(n), want))
		if err != nil {
			return n, err
		}
		got := js.CopyBytesToGo(p[n:n+want], piece)
		n += got
		if got < want {
			return n, io.EOF
		}
	}
	return n, nil
}

package folder

import (
	"io/fs"

	"github.com/gander-lm/gander/core/hf"
)

func init() {
	kinds = append(kinds, kind{
		what: hf.ConfigName + " with safetensors",
		is:   func(fsys fs.FS) bool { return has(fsys, hf.ConfigName) },
		open: openHF,
	})
}

func openHF(fsys fs.FS) (*Model, error) {
	m, err := hf.Open(fsys)
	if err != nil {
		return nil, err
	}
	return &Model{File: m.File, Tokenizer: m.Tokenizer, hf: m, close: m.Close}, nil
}

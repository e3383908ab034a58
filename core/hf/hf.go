// Package hf turns a model as Hugging Face has it, a folder with config.json,
// tokenizer files and safetensors, into GGUF: with the keys, names and order of
// values that llama.cpp's converter gives it. The tensors' bytes are made when
// they are asked for, so that the folder can be run as it is, or written as a file.
//
// Each architecture has a file of its own; Open takes the one that config.json names.
//
// Sources: llama.cpp conversion/ and gguf-py; transformers models/*/configuration_*.py.
package hf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/safetensors"
)

// ConfigName is the file by which a folder is known.
const ConfigName = "config.json"

// maxJSON bounds the files beside the weights; the largest, tokenizer.json of a
// vocabulary of 262144, has 33 MB.
const maxJSON = 1 << 28

// Open reads a folder's config.json, tokenizer files and headers and returns the
// GGUF file that they make, of tensors that can be read in any order. The files of
// fsys must be io.ReaderAts; the closer closes those with the weights.
//
// What contradicts itself is an *errs.FormatError, an architecture, storage type
// or tokenizer that is not known an *errs.UnsupportedError.
func Open(fsys fs.FS) (*gguf.Writer, io.Closer, error) {
	w, set, err := open(fsys)
	if err != nil {
		if set != nil {
			set.Close()
		}
		return nil, nil, fmt.Errorf("hf: %w", err)
	}
	return w, set, nil
}

func open(fsys fs.FS) (*gguf.Writer, *safetensors.Set, error) {
	values, err := readObject(fsys, ConfigName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &errs.FormatError{Offset: -1, What: "the folder has no " + ConfigName}
	} else if err != nil {
		return nil, nil, err
	}
	f, err := familyOf(values)
	if err != nil {
		return nil, nil, err
	}
	if text, ok := values["text_config"].(map[string]any); ok { // beside vision_config
		for k, v := range text {
			values[k] = v
		}
	}
	c := &config{values: values, w: gguf.NewWriter(), prefix: f.name + ".", sizes: map[string]int64{}, names: map[string]string{}}
	c.w.Set("general.architecture", f.name)
	if name := path.Base(c.text("_name_or_path")); name != "." && name != "/" {
		c.w.Set("general.name", name)
	}
	f.keys(c)
	if _, ok := values["quantization_config"]; ok {
		c.unsupported("quantization_config of config.json: weights that are already quantised")
	}
	if c.err != nil {
		return nil, nil, c.err
	}
	set, err := safetensors.Open(fsys)
	if err != nil {
		return nil, nil, err
	}
	if err := c.tensors(f, set); err != nil {
		return nil, set, err
	}
	return c.w, set, nil
}

// readObject reads a file that is a JSON object.
func readObject(fsys fs.FS, name string) (map[string]any, error) {
	b, err := safetensors.ReadFile(fsys, name, maxJSON)
	if err != nil {
		return nil, err
	}
	return parseObject(name, b)
}

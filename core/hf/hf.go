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
	"io/fs"
	"maps"
	"path"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/safetensors"
)

// ConfigName is the file by which a folder is known.
const ConfigName = "config.json"

// TemplateName is the file that newer folders have their chat template in.
const TemplateName = "chat_template.jinja"

// maxJSON bounds the files beside the weights; the largest, tokenizer.json of a
// vocabulary of 262144, has 33 MB.
const maxJSON = 1 << 28

// Model is a folder whose weights can be read as GGUF.
type Model struct {
	// File has the architecture's keys and the tensors, which can be read in any order.
	File *gguf.Writer

	c    *config
	set  *safetensors.Set
	fsys fs.FS
}

// Open reads a folder's config.json and the headers of its weights. The files of
// fsys must be io.ReaderAts, as those of os.DirFS are. Close the model after use.
//
// What contradicts itself is an *errs.FormatError, an architecture or storage type
// that is not known an *errs.UnsupportedError.
func Open(fsys fs.FS) (*Model, error) {
	m := &Model{fsys: fsys}
	if err := m.open(); err != nil {
		m.Close()
		return nil, fmt.Errorf("hf: %w", err)
	}
	return m, nil
}

func (m *Model) open() error {
	values, err := files.ReadObject(m.fsys, ConfigName, maxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return &errs.FormatError{Offset: -1, What: "the folder has no " + ConfigName}
	} else if err != nil {
		return err
	}
	f, err := familyOf(values)
	if err != nil {
		return err
	}
	if text, ok := values["text_config"].(map[string]any); ok { // beside vision_config
		maps.Copy(values, text)
	}
	m.File = gguf.NewWriter()
	m.c = &config{values: values, w: m.File, prefix: f.name + ".", sizes: map[string]int64{}, names: map[string]string{}}
	m.File.Set("general.architecture", f.name)
	if name := path.Base(m.c.text("_name_or_path")); name != "." && name != "/" {
		m.File.Set("general.name", name)
	}
	f.keys(m.c)
	if values["quantization_config"] != nil {
		m.c.unsupported("quantization_config of config.json: weights that are already quantised")
	}
	if m.c.err != nil {
		return m.c.err
	}
	if err := m.template(); err != nil {
		return err
	}
	if err := m.pooling(); err != nil {
		return err
	}
	if m.set, err = safetensors.Open(m.fsys); err != nil {
		return err
	}
	for _, b := range m.c.behind {
		if err := m.set.AddFolder(m.fsys, b.folder); errors.Is(err, fs.ErrNotExist) {
			return broken("%s names %s, which has no %s", ModulesName, b.folder, safetensors.SingleName)
		} else if err != nil {
			return err
		}
	}
	return m.c.tensors(f, m.set)
}

// Close closes the files with the weights.
func (m *Model) Close() error {
	if m.set == nil {
		return nil
	}
	return m.set.Close()
}

// AddVocabulary sets the keys of the tokenizer in File, so that the file can be used
// without the folder. A tokenizer that GGUF has no form for is an
// *errs.UnsupportedError.
func (m *Model) AddVocabulary() error {
	if err := m.c.addVocabulary(m.fsys); err != nil {
		return fmt.Errorf("hf: %w", err)
	}
	return nil
}

// template sets the chat template, which is in a file of its own, or in
// tokenizer_config.json as a text or as several with names.
func (m *Model) template() error {
	const key = "tokenizer.chat_template"
	b, err := files.Read(m.fsys, TemplateName, maxJSON)
	if err == nil {
		m.File.Set(key, string(b))
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	object, err := files.ReadObject(m.fsys, TokenizerConfigName, maxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	switch t := object["chat_template"].(type) {
	case string:
		m.File.Set(key, t)
	case []any:
		for _, x := range t {
			named, _ := x.(map[string]any)
			name, _ := named["name"].(string)
			text, ok := named["template"].(string)
			switch {
			case ok && name == "default":
				m.File.Set(key, text)
			case ok && name != "":
				m.File.Set(key+"."+name, text)
			}
		}
	}
	return nil
}

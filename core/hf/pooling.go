package hf

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/gander-lm/gander/core/files"
)

// ModulesName lists what sentence-transformers puts behind a model, to make one vector
// of a text. PoolingName is where it always has how the tokens are pooled.
const (
	ModulesName = "modules.json"
	PoolingName = "1_Pooling/config.json"
)

// poolings are the names of the ways of pooling and their numbers in GGUF.
// Source: sentence_transformers/models/Pooling.py; llama.cpp include/llama.h.
var poolings = map[string]uint32{"mean": 1, "cls": 2, "lasttoken": 3}

// pooling sets how the hidden states of a text's tokens become one vector, if
// modules.json says it.
func (m *Model) pooling() error {
	modules, err := files.ReadList(m.fsys, ModulesName, maxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for _, x := range modules {
		module, _ := x.(map[string]any)
		kind, _ := module["type"].(string)
		folder, _ := module["path"].(string)
		switch kind[strings.LastIndex(kind, ".")+1:] {
		case "Transformer", "Normalize": // whoever embeds says whether the length shall be 1
		case "Pooling":
			if err := m.poolingOf(path.Join(folder, "config.json")); err != nil {
				return err
			}
		default:
			m.c.unsupported("%s of %s, behind the model", kind, ModulesName)
		}
	}
	return m.c.err
}

// poolingOf reads the file of the module that pools: newer ones name a way, older ones
// say of each whether it is.
func (m *Model) poolingOf(name string) error {
	object, err := files.ReadObject(m.fsys, name, maxJSON)
	if errors.Is(err, fs.ErrNotExist) {
		return broken("%s names %s, which is not there", ModulesName, name)
	} else if err != nil {
		return err
	}
	var ways []string
	if way, ok := object["pooling_mode"].(string); ok {
		ways = append(ways, way)
	}
	for key, on := range object {
		if way, ok := strings.CutPrefix(key, "pooling_mode_"); ok && on == true {
			ways = append(ways, strings.TrimSuffix(strings.TrimSuffix(way, "_tokens"), "_token"))
		}
	}
	if len(ways) != 1 || poolings[ways[0]] == 0 {
		m.c.unsupported("pooling %q of %s (supported is one of mean, cls, lasttoken)", ways, name)
		return m.c.err
	}
	m.File.Set(m.c.prefix+"pooling_type", poolings[ways[0]])
	return nil
}

package hf

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/gander-lm/gander/core/files"
)

// ModulesName lists what sentence-transformers puts behind a model, to make one vector
// of a text.
const ModulesName = "modules.json"

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
	var dense []string
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
		case "Dense":
			dense = append(dense, folder)
		default:
			m.c.unsupported("%s of %s, behind the model", kind, ModulesName)
		}
	}
	if len(dense) > 0 {
		return m.denseOf(dense)
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

// denseOf takes over the matrices behind the pooling. GGUF has them for EmbeddingGemma,
// two of them, without bias and activation.
// Source: sentence_transformers/models/Dense.py; llama.cpp conversion/gemma.py.
func (m *Model) denseOf(folders []string) error {
	if m.c.prefix != "gemma-embedding." || len(folders) != 2 {
		m.c.unsupported("%d Dense modules of %s behind a model of type %s", len(folders), ModulesName, m.c.name())
		return m.c.err
	}
	for i, folder := range folders {
		name := fmt.Sprintf("dense_%d", i+2)
		object, err := files.ReadObject(m.fsys, path.Join(folder, "config.json"), maxJSON)
		if errors.Is(err, fs.ErrNotExist) {
			return broken("%s names %s, which is not there", ModulesName, path.Join(folder, "config.json"))
		} else if err != nil {
			return err
		}
		c := &config{values: object, sizes: map[string]int64{}, names: map[string]string{}}
		activation := c.text("activation_function")
		for _, end := range []string{"_in", "_out"} {
			size := c.size(0, end[1:]+"_features")
			m.c.sizes[name+end] = size
			m.c.setUint(name+"_feat"+end, size)
		}
		switch {
		case c.err != nil:
			return fmt.Errorf("%s: %w", folder, c.err)
		case c.boolean("bias", true) || activation[strings.LastIndex(activation, ".")+1:] != "Identity":
			m.c.unsupported("a Dense module with bias or with the activation %s", activation)
			return m.c.err
		}
		m.c.behind = append(m.c.behind, behind{folder, rule{to: name, from: folder + "/linear", dims: name + "_out," + name + "_in"}})
	}
	return m.c.err
}

package core

import (
	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kvcache"
)

// Info is what is known of an open model. Sizes are in values unless they say bytes.
type Info struct {
	Architecture       string         `json:"architecture"`       // general.architecture
	Name               string         `json:"name"`               // general.name, may be empty
	Description        string         `json:"description"`        // general.description, may be empty
	ContextLength      int            `json:"contextLength"`      // positions that a session can hold
	TrainContextLength int            `json:"trainContextLength"` // positions that the model was trained on
	VocabSize          int            `json:"vocabSize"`
	HiddenSize         int            `json:"hiddenSize"`
	NumLayers          int            `json:"numLayers"`
	NumHeads           int            `json:"numHeads"`
	NumKVHeads         int            `json:"numKVHeads"`
	HeadDim            int            `json:"headDim"`
	FFNSize            int            `json:"ffnSize"`
	Parameters         int64          `json:"parameters"` // values in all tensors
	FileSize           int64          `json:"fileSize"`   // bytes
	Types              map[string]int `json:"types"`      // tensors by storage type
	Tokenizer          string         `json:"tokenizer"`  // tokenizer.ggml.model
	Memory             Memory         `json:"memory"`
}

// Memory is what a model and one session of full length take, in bytes.
type Memory struct {
	Weights int64 `json:"weights"` // packed
	KV      int64 `json:"kv"`      // keys and values of a full context; taken as it fills
	Total   int64 `json:"total"`
}

// Info returns what is known of the model.
func (m *Model) Info() Info { return m.info }

func newInfo(f *gguf.File, c *arch.Config, kvType kvcache.Type, contextLength int, size, weights int64) Info {
	i := Info{
		Architecture: c.Architecture, ContextLength: contextLength, TrainContextLength: c.ContextLength,
		VocabSize: c.VocabSize, HiddenSize: c.HiddenSize, NumLayers: c.NumLayers, NumHeads: c.NumHeads, NumKVHeads: c.NumKVHeads,
		HeadDim: c.HeadDim, FFNSize: c.FFNSize, FileSize: size, Types: map[string]int{},
	}
	i.Name, _ = f.String("general.name")
	i.Description, _ = f.String("general.description")
	for k := range f.Tensors {
		t := &f.Tensors[k]
		i.Parameters += int64(t.Cols()) * int64(t.Rows())
		if typ, err := t.Type(); err == nil {
			i.Types[typ.Name]++
		}
	}
	kv := kvcache.New(kvType, c.NumLayers, c.NumKVHeads, c.HeadDim, contextLength).MaxBytes()
	i.Memory = Memory{Weights: weights, KV: kv, Total: weights + kv}
	return i
}

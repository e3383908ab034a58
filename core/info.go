package core

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/attention"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
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
	AttentionLayers    []int          `json:"attentionLayers"`  // the layers that have attention
	Parameters         int64          `json:"parameters"`       // values in all tensors
	FileSize           int64          `json:"fileSize"`         // bytes
	Types              map[string]int `json:"types"`            // tensors by storage type
	MainType           string         `json:"mainType"`         // the storage type of most values
	Tokenizer          string         `json:"tokenizer"`        // tokenizer.ggml.model
	Encoder            bool           `json:"encoder"`          // has embeddings (Model.Embed) and writes nothing
	EncoderDecoder     bool           `json:"encoderDecoder"`   // an encoder reads the prompt, and the answer is a text of its own
	Pooling            string         `json:"pooling"`          // what Embed does by itself: see EmbedOptions; may be empty
	ImageTokens        int            `json:"imageTokens"`      // positions that a picture takes, after OpenVision; 0: it reads none
	ChatTemplate       string         `json:"chatTemplate"`     // TemplateOfModel or TemplateOfGander
	Memory             Memory         `json:"memory"`           // of all workers together
	WorkerMemory       []Memory       `json:"workerMemory"`     // of each worker
	Exchanges          int            `json:"exchanges"`        // how often the workers exchange what they have computed, for a token
	Supported          bool           `json:"supported"`        // whether this version can run it; true of an open model
	Reason             string         `json:"reason,omitempty"` // why it is not supported
}

// Memory is what a model and one session of full length take, in bytes.
type Memory struct {
	Weights     int64 `json:"weights"`     // packed
	KV          int64 `json:"kv"`          // keys and values of a full context; taken as it fills
	Activations int64 `json:"activations"` // what a forward pass works in
	Total       int64 `json:"total"`
}

// Inspect reads the header of a model, one file, the parts of a split one or a folder,
// and returns what is known of it, its memory that of so many workers; o.Group may be
// a shard.Plan of what kind of group they are. A file of a
// kind that this version can't run has Supported false, the Reason, and what the header says without being understood;
// its Memory is zero; of a folder that can't even become a header that is the name of
// the architecture. Errors are those of Open but *errs.UnsupportedError and *MemoryError.
func Inspect(ctx context.Context, src Source, workers int, o Options) (Info, error) {
	all, err := InspectAll(ctx, src, []int{workers}, o)
	if err != nil {
		return Info{}, err
	}
	return all[0], nil
}

// InspectAll is Inspect for several numbers of workers. The header is read once.
func InspectAll(ctx context.Context, src Source, workers []int, o Options) ([]Info, error) {
	for _, n := range workers {
		if err := checkWorkers(n); err != nil {
			return nil, err
		}
	}
	kvType, err := o.check()
	if err != nil {
		return nil, err
	}
	var unsupported *errs.UnsupportedError
	h, err := src.header(ctx)
	if folder, ok := src.(Folder); ok && errors.As(err, &unsupported) {
		i := Info{Architecture: folder.architecture(ctx), Types: map[string]int{}, ChatTemplate: TemplateOfGander, Reason: "core: " + err.Error()}
		return slices.Repeat([]Info{i}, len(workers)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("core: %w", err) // not even the header is of a kind that is known
	}
	defer h.close()
	stored := h.file
	costly := o.Group != nil && o.Group.Costly()
	all := make([]Info, len(workers))
	for k, n := range workers {
		o.Group = shard.Plan(0, n, costly)
		m, _, err := construct(h, kvType, o)
		switch {
		case err == nil:
			all[k] = m.info
		case errors.As(err, &unsupported):
			i := fileInfo(stored, h.fileSize)
			i.Supported, i.Reason = false, "core: "+err.Error()
			return slices.Repeat([]Info{i}, len(workers)), nil
		default:
			return nil, fmt.Errorf("core: %w", err)
		}
	}
	return all, nil
}

// Info returns what is known of the model.
func (m *Model) Info() Info { return m.info }

// fileInfo is what the header says of any model.
func fileInfo(f *gguf.File, size int64) Info {
	i := Info{FileSize: size, Types: map[string]int{}, Supported: true}
	i.Architecture, _ = f.String("general.architecture")
	i.Name, _ = f.String("general.name")
	i.Description, _ = f.String("general.description")
	i.Tokenizer, _ = f.String("tokenizer.ggml.model")
	i.ChatTemplate = readTemplates(f).kind()
	values := map[string]int64{}
	for k := range f.Tensors {
		t := &f.Tensors[k]
		n := int64(t.Cols()) * int64(t.Rows())
		i.Parameters += n
		if typ, err := t.Type(); err == nil {
			i.Types[typ.Name]++
			values[typ.Name] += n
		}
	}
	for name, n := range values {
		if most := values[i.MainType]; n > most || n == most && name < i.MainType {
			i.MainType = name
		}
	}
	return i
}

func newInfo(f *gguf.File, c *arch.Config, contextLength int, size int64) Info {
	i := fileInfo(f, size)
	i.ContextLength, i.TrainContextLength, i.VocabSize = contextLength, c.ContextLength, c.VocabSize
	i.HiddenSize, i.NumLayers, i.NumHeads, i.NumKVHeads, i.HeadDim, i.FFNSize = c.HiddenSize, c.NumLayers, c.NumHeads, c.NumKVHeads, c.HeadDim, c.FFNSize
	i.Encoder, i.EncoderDecoder, i.Pooling = c.Encoder, c.Source, string(c.Pooling)
	i.AttentionLayers = []int{}
	for l := range c.NumLayers {
		if c.HasAttention(l) {
			i.AttentionLayers = append(i.AttentionLayers, l)
		}
	}
	return i
}

// needs sets what each worker of a group would take of a model, given the sizes and
// layers of one of them.
func (i *Info) needs(f *gguf.File, group shard.Group, c *arch.Config, binder *nn.Binder, kvType kvcache.Type, contextLength int) error {
	workers := group.Size()
	i.WorkerMemory = make([]Memory, workers)
	for r := range i.WorkerMemory {
		c, binder := c, binder
		if r != group.Rank() {
			var err error
			if _, c, binder, err = arch.New(f, shard.Plan(r, workers, group.Costly())); err != nil {
				return err
			}
		}
		if workers > 1 {
			i.Exchanges = binder.Exchanges() + 1 // the ids
		}
		m := &i.WorkerMemory[r]
		m.Weights, m.KV, m.Activations = binder.Bytes(), c.NewCache(kvType, contextLength).MaxBytes(), activationBytes(c, binder, contextLength, workers)
		m.Total = m.Weights + m.KV + m.Activations
		i.Memory.add(*m)
	}
	return nil
}

func (m *Memory) add(n Memory) {
	m.Weights += n.Weights
	m.KV += n.KV
	m.Activations += n.Activations
	m.Total += n.Total
}

// activationBytes returns what the working memory of a session grows to on a
// worker, in bytes: the buffers of nn.Context for a full chunk of a prompt,
// attention's workspace, and two rows of logits.
func activationBytes(c *arch.Config, binder *nn.Binder, contextLength, workers int) int64 {
	tokens := int64(min(prefillChunk, contextLength))
	if c.Encoder || c.Source {
		tokens = int64(contextLength)
	}
	hidden, q, ffn := int64(c.HiddenSize), int64(c.NumHeads*c.HeadDim), int64(c.FFNSize)
	ownQ, ownKV, ownFFN := int64(c.OwnHeads()*c.HeadDim), int64(c.OwnKVHeads()*c.HeadDim), int64(c.OwnFFNSize())
	floats := 3*hidden + max(hidden, q+int64(c.NumKVHeads*c.HeadDim)) + max(ownQ+2*ownKV, 2*ownFFN) + max(q, ffn) + max(ownQ+ownKV, ownFFN) // residual, norm, second sums (nn.Halved), branch, projection, mixed, a part of a projection
	if c.ConvTaps > 0 {
		floats += 3 * hidden
	}
	if values := int64(c.DeltaRule.Heads * c.HeadWidth); values > 0 { // query, key and value; gates
		floats += 3*values + 2*q
	}
	floats += int64(c.ArchFloats)
	wide, chosen := max(q, ffn), int64(0)
	if used := int64(c.ExpertsUsed); used > 0 { // a token has its values in several experts
		wide, chosen = max(q, used*int64(c.ExpertSize), used*hidden), max(used*int64(c.ExpertSize), used*hidden, int64(c.NumExperts))
		floats += 2*chosen + hidden + int64(c.SharedSize)
	}
	if workers > 1 {
		floats += wide + max(hidden, chosen) // rows put together, and on their way
	}
	quantised := binder.ActivationBytes(int(tokens), int(max(hidden, q, ffn, int64(c.ExpertSize), int64(c.SharedSize))))
	return tokens*4*floats + quantised + attention.WorkspaceBytes(int(tokens), c.NumHeads/c.NumKVHeads, c.HeadDim) + 2*4*int64(c.VocabSize)
}

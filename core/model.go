package core

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kvcache"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
)

// defaultContext bounds the context of a model that was trained on more, unless
// Options.ContextLength asks: its cache costs memory for every position.
const defaultContext = 4096

// Options says how to open a model. The zero value is fine.
type Options struct {
	// ContextLength is how many positions a session can hold, prompt and answer
	// together. 0 takes what the model was trained on, at most 4096.
	ContextLength int

	// KVType is how sessions keep keys and values: "f32" (also if empty), or "int8"
	// with 9/32 of its memory and an error of half a percent of the largest in 32.
	KVType string

	// Quantize, if not empty, turns matrices of F32, F16 and BF16 into another type as
	// they are read: "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "f16", "bf16" or "f32".
	// Vectors, positions and matrices whose rows are no multiple of the type's block
	// stay as they are. Info.Types counts what came of it.
	Quantize string

	// MemoryLimit is how many bytes a worker may need, with one session of full
	// length; a model that needs more is refused before its weights are read. 0: no limit.
	MemoryLimit int64

	// Group is the workers that hold the model together, of which this is one. Each
	// opens the same files with the same options; worker 0's model is the one to use,
	// the others' have Follow called. Nil: this worker alone. See OpenWorkers.
	Group shard.Group

	// Progress, if not nil, is called while the weights are read: done of total
	// bytes of the file.
	Progress func(done, total int64)
}

// Model is an open model: weights, architecture and tokenizer. Its sessions may run
// in several goroutines; their forward passes take turns.
type Model struct {
	*Text
	decoder arch.Decoder
	config  *arch.Config
	kvType  kvcache.Type
	info    Info
	group   shard.Group

	vision vision
	images atomic.Int32 // rows of pictures

	computing   sync.Mutex // one forward pass at a time
	message     []int32    // to the followers
	memoryLimit int64      // Options.MemoryLimit
	closed      bool
	lastSession atomic.Int32

	droppedMu sync.Mutex
	dropped   []int32 // sessions that the followers may forget
}

// Open reads a model from a GGUF file of size bytes. The reader is asked for the
// header first and then for each tensor, in the order of the file, each byte of
// them once; it is not needed any more when Open has returned.
//
// Errors: *errs.FormatError, *errs.UnsupportedError, *errs.OptionError,
// *MemoryError, *ReadError, or ctx's cause when that ended first.
func Open(ctx context.Context, r io.ReaderAt, size int64, o Options) (*Model, error) {
	return OpenParts(ctx, []Part{{ReaderAt: r, Size: size}}, o)
}

// OpenParts is Open for a model that is split into several files, in any order.
func OpenParts(ctx context.Context, parts []Part, o Options) (*Model, error) {
	return OpenSource(ctx, Parts(parts), o)
}

// OpenSource is Open for a model that is Parts or a Folder.
func OpenSource(ctx context.Context, src Source, o Options) (*Model, error) {
	m, p, err := prepare(ctx, src, o)
	if err != nil {
		return nil, err
	}
	defer p.close()
	if need := m.info.WorkerMemory[m.group.Rank()]; o.MemoryLimit > 0 && need.Total > o.MemoryLimit {
		return nil, &MemoryError{Need: need, Limit: o.MemoryLimit}
	}
	size := m.info.FileSize
	progress := func(done int64) { // of p.size, which quantising makes smaller than the file
		if o.Progress != nil {
			o.Progress(int64(float64(min(done, p.size))/float64(p.size)*float64(size)), size)
		}
	}
	if err := p.binder.Load(ctx, progress); err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	progress(p.size)
	return m, nil
}

// prepared is what loads the weights of a model; it is closed when they are there.
type prepared struct {
	*header
	binder *nn.Binder
}

// prepare reads the header of a model and returns the model without weights, and
// what loads them.
func prepare(ctx context.Context, src Source, o Options) (*Model, *prepared, error) {
	kvType, err := o.check()
	if err != nil {
		return nil, nil, err
	}
	h, err := src.header(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("core: %w", err)
	}
	m, binder, err := construct(h, kvType, o)
	if err != nil {
		h.close()
		return nil, nil, fmt.Errorf("core: %w", err)
	}
	return m, &prepared{h, binder}, nil
}

// construct returns the model that a header describes, without weights.
func construct(h *header, kvType kvcache.Type, o Options) (*Model, *nn.Binder, error) {
	if err := h.quantize(o); err != nil {
		return nil, nil, err
	}
	f := h.file
	group := o.Group
	if group == nil {
		group = shard.Solo
	}
	decoder, config, binder, err := arch.New(f, group)
	if err != nil {
		return nil, nil, err
	}
	tok, err := h.tokenizer()
	if err != nil {
		return nil, nil, err
	}
	if tok.VocabSize() != config.VocabSize {
		return nil, nil, &errs.FormatError{Offset: -1, What: fmt.Sprintf("the vocabulary has %d tokens, the embedding table %d rows", tok.VocabSize(), config.VocabSize)}
	}
	m := &Model{Text: &Text{}, decoder: decoder, config: config, kvType: kvType, group: group, memoryLimit: o.MemoryLimit}
	if group.Rank() == 0 {
		m.Text.tokenizer = tok // the others need none
	}
	contextLength := o.ContextLength
	if contextLength == 0 {
		contextLength = min(config.ContextLength, defaultContext)
	}
	if limit := config.MaxContext; limit > 0 && contextLength > limit {
		return nil, nil, &errs.OptionError{Option: "contextLength", What: fmt.Sprintf("is %d, but the model has no positions beyond %d", contextLength, limit)}
	}
	m.info = newInfo(f, config, contextLength, h.fileSize)
	m.info.Tokenizer = tok.Kind()
	m.templates = readTemplates(f)
	if err := m.info.needs(f, group, config, binder, kvType, contextLength); err != nil {
		return nil, nil, err
	}
	if group.Size() > 1 {
		m.message = make([]int32, m.messageLen())
	}
	return m, binder, nil
}

// maxContext is what a context may be asked to be, of models without a limit of their own.
const maxContext = math.MaxInt32

// check returns the type of keys and values that the options name.
func (o *Options) check() (kvcache.Type, error) {
	if o.ContextLength < 0 {
		return kvcache.Type{}, &errs.OptionError{Option: "contextLength", What: fmt.Sprintf("%d is negative", o.ContextLength)}
	}
	if o.ContextLength > maxContext {
		return kvcache.Type{}, &errs.OptionError{Option: "contextLength", What: fmt.Sprintf("is %d, must be at most %d", o.ContextLength, maxContext)}
	}
	kvType, ok := kvcache.ByName(cmp.Or(o.KVType, kvcache.F32.Name))
	if !ok {
		return kvType, &errs.OptionError{Option: "kvType", What: fmt.Sprintf("is %q, must be one of %s", o.KVType, strings.Join(kvcache.Names(), ", "))}
	}
	_, _, err := o.quantizeType()
	return kvType, err
}

// Logits returns the logits [vocabulary] that follow the last of the given
// tokens, in a context of their own; with an encoder, those that begin the answer to them.
func (m *Model) Logits(ctx context.Context, ids []int32) ([]float32, error) {
	if m.config.Source {
		rows, err := m.DecoderLogits(ctx, ids, nil)
		if err != nil {
			return nil, err
		}
		return rows[0], nil
	}
	s, err := m.NewSession()
	if err != nil {
		return nil, err
	}
	return s.prefill(ctx, ids)
}

// AllLogits returns the logits after each of the given tokens, one row a token; with an
// encoder, that is DecoderLogits.
func (m *Model) AllLogits(ctx context.Context, ids []int32) ([][]float32, error) {
	if m.config.Source {
		return m.DecoderLogits(ctx, ids, nil)
	}
	s, err := m.NewSession()
	if err != nil {
		return nil, err
	}
	if err := s.check(ids); err != nil {
		return nil, err
	}
	return s.allLogits(ctx, ids)
}

// allLogits appends ids, which were checked, and returns the logits after each.
func (s *Session) allLogits(ctx context.Context, ids []int32) ([][]float32, error) {
	vocab := s.model.config.VocabSize
	rows := make([][]float32, 0, len(ids))
	for len(ids) > 0 {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		part := ids[:min(len(ids), prefillChunk)]
		logits := make([]float32, len(part)*vocab)
		if err := s.forward(part, logits); err != nil {
			return nil, err
		}
		for i := range part {
			rows = append(rows, logits[i*vocab:(i+1)*vocab:(i+1)*vocab])
		}
		ids = ids[len(part):]
	}
	return rows, nil
}

// NewSession returns an empty session of the model; of an encoder, which has none, an
// *errs.UnsupportedError.
func (m *Model) NewSession() (*Session, error) {
	if m.config.Encoder {
		return nil, fmt.Errorf("core: %w", &errs.UnsupportedError{What: fmt.Sprintf("writing with the architecture %s, which is an encoder: it has embeddings", m.info.Architecture)})
	}
	s := m.newSession(m.lastSession.Add(1))
	s.logits = make([]float32, m.config.VocabSize)
	if m.group.Size() > 1 {
		runtime.AddCleanup(s, m.drop, s.id)
	}
	return s, nil
}

func (m *Model) newSession(id int32) *Session {
	c := m.config
	return &Session{
		model: m,
		id:    id,
		cache: c.NewCache(m.kvType, m.info.ContextLength),
		nn:    &nn.Context{Group: m.group},
	}
}

package core

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/nn"
	"github.com/gander-lm/gander/core/shard"
	"github.com/gander-lm/gander/core/tokenizer"
)

// vision is the pictures of a model, whose rows stand in a text like embeddings. Row k has the
// id of the vocabulary's size plus k: so a session's tokens say which pictures it has seen,
// and a text with the same pictures is the same tokens.
type vision struct {
	encoder *arch.Vision // of worker 0; nil without
	seen    map[[2]uint64]int32
	rows    []float32 // [rows, hidden], on all workers
}

// OpenVision reads an encoder of pictures for the model (an mmproj file, as llama.cpp calls them), so that
// prompts can have pictures: see AddImage. Of several workers the first one has it. What
// it takes is added to Info's memory.
//
// Errors are those of Open; an *errs.UnsupportedError also for a model whose architecture
// isn't llama.
func (m *Model) OpenVision(ctx context.Context, src Source) error {
	if m.group.Rank() > 0 {
		panic("core: worker 0 reads pictures")
	}
	if err := m.openVision(ctx, src); err != nil {
		return fmt.Errorf("core: %w", err)
	}
	return nil
}

func (m *Model) openVision(ctx context.Context, src Source) error {
	if m.config.Architecture != "llama" {
		return &errs.UnsupportedError{What: fmt.Sprintf("pictures with the architecture %s (supported is llama)", m.config.Architecture)}
	}
	h, err := src.header(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	encoder, binder, err := arch.NewVision(h.file, m.config.HiddenSize)
	if err != nil {
		return err
	}
	m.computing.Lock()
	defer m.computing.Unlock()
	more := Memory{Weights: binder.Bytes(), Activations: encoder.ActivationBytes(binder)}
	more.Total = more.Weights + more.Activations
	need := m.info.WorkerMemory[0]
	need.add(more)
	if m.memoryLimit > 0 && need.Total > m.memoryLimit {
		return &MemoryError{Need: need, Limit: m.memoryLimit}
	}
	if m.vision.encoder != nil {
		return &errs.UnsupportedError{What: "a second encoder of pictures for a model"}
	}
	if err := binder.Load(ctx, nil); err != nil {
		return err
	}
	m.vision.encoder, m.vision.seen = encoder, map[[2]uint64]int32{}
	m.info.ImageTokens, m.info.WorkerMemory[0] = encoder.Tokens, need
	m.info.Memory.add(more)
	return nil
}

// AddImage reads a picture and returns the ids that stand for it in a prompt,
// Info.ImageTokens of them; see TokenizeImages. The model keeps what it has made of it. A
// picture that it has read before has the same ids.
//
// Errors: *errs.OptionError for a picture that is none, *errs.UnsupportedError before
// OpenVision, *WorkerError, or ctx's cause before it begins.
func (m *Model) AddImage(ctx context.Context, img Image) ([]int32, error) {
	m.computing.Lock()
	defer m.computing.Unlock()
	v := &m.vision
	if v.encoder == nil {
		return nil, fmt.Errorf("core: %w", &errs.UnsupportedError{What: "pictures: the model was opened without an encoder for them"})
	}
	if err := img.check(); err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	colours := img.square(v.encoder.Size)
	key := fingerprint(colours)
	first, known := v.seen[key]
	if !known {
		first = int32(len(v.rows) / m.config.HiddenSize)
		rows := make([]float32, v.encoder.Tokens*m.config.HiddenSize)
		v.encoder.Forward(&nn.Context{}, rows, normalised(colours, v.encoder.Mean, v.encoder.Std))
		if err := m.sendRows(rows); err != nil {
			return nil, err
		}
		v.rows = append(v.rows, rows...)
		v.seen[key] = first
		m.images.Store(first + int32(v.encoder.Tokens))
	}
	ids := make([]int32, v.encoder.Tokens)
	for i := range ids {
		ids[i] = int32(m.config.VocabSize) + first + int32(i)
	}
	return ids, nil
}

// fingerprint returns 128 bits that tell pictures apart: FNV-1a (Fowler, Noll and Vo) from two
// beginnings.
func fingerprint(data []byte) [2]uint64 {
	const prime = 1<<40 + 0x1b3
	h := [2]uint64{0xcbf29ce484222325, 0x9e3779b97f4a7c15}
	for _, b := range data {
		h[0], h[1] = (h[0]^uint64(b))*prime, (h[1]^uint64(b))*prime
	}
	return h
}

// sendRows gives the followers the rows of a picture. m.computing is locked.
func (m *Model) sendRows(rows []float32) error {
	if m.closed {
		return workerError(shard.ErrClosed)
	}
	if m.group.Size() == 1 {
		return nil
	}
	bits := make([]int32, len(rows))
	for i, x := range rows {
		bits[i] = int32(math.Float32bits(x))
	}
	for most := len(m.message) - messageHead; len(bits) > 0; {
		n := min(most, len(bits))
		if err := m.send(request{op: opImage, ids: bits[:n]}); err != nil {
			return err
		}
		bits = bits[n:]
	}
	if err := m.group.Err(); err != nil {
		return workerError(err)
	}
	return nil
}

// receiveRows is a follower's part of sendRows.
func (v *vision) receiveRows(bits []int32) {
	for _, b := range bits {
		v.rows = append(v.rows, math.Float32frombits(uint32(b)))
	}
}

// checkIDs is that of Text, with the ids of pictures.
func (m *Model) checkIDs(ids []int32) error {
	most := int32(m.config.VocabSize) + m.images.Load()
	for i, id := range ids {
		if id < 0 || id >= most {
			return m.Text.checkIDs(ids[i : i+1])
		}
	}
	return nil
}

// imageMarker stands for a picture in a text.
const imageMarker = "<image>"

// TokenizeImages is TokenizePrompt of a text in which each <image> stands for a picture, of
// which images are the ids in that order, with the tokens around them that the model was
// trained with.
//
// Errors: an *errs.OptionError if there are more or fewer pictures than places for them.
func (m *Model) TokenizeImages(text string, images ...[]int32) ([]int32, error) {
	parts := strings.Split(text, imageMarker)
	if len(parts) != len(images)+1 {
		return nil, &errs.OptionError{Option: "images", What: fmt.Sprintf("are %d, but the text has %d places for them (%s)", len(images), len(parts)-1, imageMarker)}
	}
	const around = "<fake_token_around_image>" // Idefics 3: transformers processing_idefics3.py
	for i := range images {
		parts[i] += around + "<global-img>"
		parts[i+1] = around + parts[i+1]
	}
	ids, err := m.TokenizePrompt(parts[0])
	for i, part := range parts[1:] {
		if err != nil {
			return nil, err
		}
		var more []int32
		more, err = m.tokenizer.Encode(part, tokenizer.EncodeOptions{ParseSpecial: true})
		ids = append(append(ids, images[i]...), more...)
	}
	return ids, err
}

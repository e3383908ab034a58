// Package llama2c reads the model files of karpathy's llama2.c, .bin, with their
// tokenizer, tokenizer.bin, and turns them into GGUF.
//
// There are three layouts: the old one without a magic number (version 0), and
// those that begin with "ak42": version 1 of float32, version 2 of int8 in groups
// that share a float32 scale. Version 2 becomes float32, which keeps every value;
// quantise it for less memory.
//
// Source: llama2.c export.py (legacy_export, version1_export, version2_export),
// run.c, runq.c and tokenizer.py.
package llama2c

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

const (
	magic       = 0x616b3432 // "ak42", read as a number
	headerBytes = 256        // of versions 1 and 2
	normEps     = 1e-5       // run.c rmsnorm
)

// Limits on what a header may say.
const (
	maxWidth   = 1 << 16
	maxLayers  = 1 << 10
	maxVocab   = 1 << 20
	maxContext = 1 << 24
)

// header is the sizes of a model. The names are those of llama2.c's struct Config,
// in Gander's words.
type header struct {
	hidden, ffn, layers, heads, kvHeads, vocab, context int64
	shared                                              bool // the output matrix is the embedding
	version                                             int
	start                                               int64 // of the weights, in bytes
	group                                               int64 // values that share a scale, in version 2
}

// Open reads a model of size bytes and its tokenizer and returns the GGUF file that
// they make, of tensors that can be read in any order. What contradicts itself is
// an *errs.FormatError.
func Open(model io.ReaderAt, size int64, tokenizer []byte) (*gguf.Writer, error) {
	w, err := open(model, size, tokenizer)
	if err != nil {
		return nil, fmt.Errorf("llama2c: %w", err)
	}
	return w, nil
}

func broken(at int64, format string, args ...any) error {
	return &errs.FormatError{Offset: at, What: fmt.Sprintf(format, args...)}
}

func open(model io.ReaderAt, size int64, tokenizer []byte) (*gguf.Writer, error) {
	h, err := readHeader(model, size)
	if err != nil {
		return nil, err
	}
	w := gguf.NewWriter()
	w.Set("general.architecture", "llama")
	w.Set("general.file_type", uint32(0))
	for _, k := range []struct {
		name string
		n    int64
	}{{"context_length", h.context}, {"embedding_length", h.hidden}, {"block_count", h.layers}, {"feed_forward_length", h.ffn},
		{"attention.head_count", h.heads}, {"attention.head_count_kv", h.kvHeads}, {"vocab_size", h.vocab}, {"rope.dimension_count", h.hidden / h.heads}} {
		w.Set("llama."+k.name, uint32(k.n))
	}
	w.Set("llama.attention.layer_norm_rms_epsilon", float32(normEps))
	w.Set("llama.rope.freq_base", float32(10000))
	if err := vocabulary(w, tokenizer, h.vocab); err != nil {
		return nil, err
	}
	l := layout{h: h, r: model, size: size, w: w, at: h.start}
	return w, l.weights()
}

// readHeader reads and checks the sizes.
func readHeader(r io.ReaderAt, size int64) (*header, error) {
	b := make([]byte, min(size, headerBytes))
	if err := files.Full(r, b, 0); err != nil {
		return nil, err
	}
	if len(b) < 28 {
		return nil, broken(0, "not a model of llama2.c: the file has %d bytes", size)
	}
	le := binary.LittleEndian
	h := &header{start: 28}
	numbers := b
	if le.Uint32(b) == magic {
		h.version, h.start = int(int32(le.Uint32(b[4:]))), headerBytes
		if h.version != 1 && h.version != 2 {
			return nil, &errs.UnsupportedError{What: fmt.Sprintf("version %d of llama2.c's format (0, 1 and 2 are supported)", h.version)}
		}
		if len(b) < headerBytes {
			return nil, broken(0, "the file ends within its header of %d bytes", headerBytes)
		}
		numbers = b[8:]
		h.shared = b[36] != 0
		h.group = int64(int32(le.Uint32(b[37:])))
	}
	n := func(i int) int64 { return int64(int32(le.Uint32(numbers[4*i:]))) }
	h.hidden, h.ffn, h.layers, h.heads, h.kvHeads, h.vocab, h.context = n(0), n(1), n(2), n(3), n(4), n(5), n(6)
	if h.version == 0 { // a negative vocabulary says that the output matrix is not shared
		h.shared = h.vocab > 0
		h.vocab = max(h.vocab, -h.vocab)
	}
	return h, h.check()
}

func (h *header) check() error {
	for _, c := range []struct {
		name    string
		n, most int64
	}{{"dim", h.hidden, maxWidth}, {"hidden_dim", h.ffn, maxWidth}, {"n_layers", h.layers, maxLayers}, {"n_heads", h.heads, maxWidth},
		{"n_kv_heads", h.kvHeads, maxWidth}, {"vocab_size", h.vocab, maxVocab}, {"seq_len", h.context, maxContext}} {
		if c.n < 1 || c.n > c.most {
			return broken(0, "not a model of llama2.c: its header says %s %d (1 to %d is possible)", c.name, c.n, c.most)
		}
	}
	if h.hidden%h.heads != 0 || h.heads%h.kvHeads != 0 || h.hidden/h.heads%2 != 0 {
		return broken(0, "dim %d, n_heads %d and n_kv_heads %d don't fit each other", h.hidden, h.heads, h.kvHeads)
	}
	if h.version == 2 && (h.group < 1 || h.hidden%h.group != 0 || h.ffn%h.group != 0) {
		return broken(37, "a group_size of %d doesn't divide dim %d and hidden_dim %d", h.group, h.hidden, h.ffn)
	}
	return nil
}

// layout goes through the file and gives each tensor its place.
type layout struct {
	h    *header
	r    io.ReaderAt
	size int64
	w    *gguf.Writer
	at   int64
}

// matrix is a kind of matrix; there is one for each block where each is set.
type matrix struct {
	name       string
	rows, cols int64
	each       bool
}

func (l *layout) weights() error {
	h := l.h
	kv := h.hidden / h.heads * h.kvHeads
	embed := matrix{"token_embd", h.vocab, h.hidden, false}
	attn := []matrix{{"attn_q", h.hidden, h.hidden, true}, {"attn_k", kv, h.hidden, true}, {"attn_v", kv, h.hidden, true}, {"attn_output", h.hidden, h.hidden, true}}
	ffn := []matrix{{"ffn_gate", h.ffn, h.hidden, true}, {"ffn_down", h.hidden, h.ffn, true}, {"ffn_up", h.ffn, h.hidden, true}}
	attnNorm, ffnNorm, norm := matrix{"attn_norm", 1, h.hidden, true}, matrix{"ffn_norm", 1, h.hidden, true}, matrix{"output_norm", 1, h.hidden, false}

	var order []matrix
	if h.version == 0 {
		order = append(append(append([]matrix{embed, attnNorm}, attn...), ffnNorm), append(ffn, norm)...)
	} else {
		order = append(append([]matrix{attnNorm, ffnNorm, norm, embed}, attn...), ffn...)
	}
	for _, m := range order {
		if !m.each {
			l.add(m.name+".weight", m)
			continue
		}
		for i := range h.layers {
			l.add(fmt.Sprintf("blk.%d.%s.weight", i, m.name), m)
		}
	}
	if h.version == 0 {
		l.at += 4 * h.context * (h.hidden / h.heads) // cosines and sines, which follow from the sizes
	}
	if !h.shared {
		l.add("output.weight", matrix{"output", h.vocab, h.hidden, false})
	}
	if l.at != l.size {
		return broken(l.size, "the file has %d bytes, its header (version %d) says %d", l.size, h.version, l.at)
	}
	return nil
}

// add adds the tensor that lies at l.at.
func (l *layout) add(name string, m matrix) {
	shape := []int64{m.cols, m.rows}
	if m.rows == 1 {
		shape = shape[:1]
	}
	at, n := l.at, m.rows*m.cols
	if l.h.version < 2 || m.rows == 1 {
		l.at += 4 * n
		l.w.AddSource(name, shape, quant.F32, func(dst []byte, off int64) error { return files.Full(l.r, dst, at+off) })
		return
	}
	l.at += n + 4*(n/l.h.group)
	l.w.AddSource(name, shape, quant.F32, gguf.RowReader(4*int(m.cols), func(dst []byte, first int) error {
		return l.dequantize(dst, at, n, int64(first)*m.cols)
	}))
}

// dequantize fills dst with float32 values from value first on of a tensor of n
// values at at: x[i] = scale[i/group] * q[i], first all q, then all scales.
func (l *layout) dequantize(dst []byte, at, n, first int64) error {
	count, group := int64(len(dst)/4), l.h.group // both whole numbers of groups: rows are
	q := make([]byte, count)
	if err := files.Full(l.r, q, at+first); err != nil {
		return err
	}
	scales := make([]byte, 4*(count/group))
	if err := files.Full(l.r, scales, at+n+4*(first/group)); err != nil {
		return err
	}
	le := binary.LittleEndian
	for i, v := range q {
		scale := math.Float32frombits(le.Uint32(scales[4*(int64(i)/group):]))
		le.PutUint32(dst[4*i:], math.Float32bits(scale*float32(int8(v))))
	}
	return nil
}

// Command genmodel writes a GGUF file of a real model's shape with random
// weights: speed does not depend on their values, and nothing is downloaded.
//
//	genmodel -shape qwen3-0.6b -type q4_k_m -o FILE
//
// The types of the tensors are those that llama-quantize chooses (types.go). The
// vocabulary is 256 bytes and names without a meaning, and has no merges, so that
// a byte of text is a token.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// shape is the sizes of a decoder; its output matrix is the embedding, unless untied.
type shape struct {
	name, architecture, pre                                      string
	hidden, layers, heads, kvHeads, headDim, ffn, vocab, context int
	ropeBase, normEps                                            float32
	untied                                                       bool
}

// shapes are the sizes of published models (their config.json).
var shapes = map[string]shape{
	"smollm2-135m": {"SmolLM2-135M shape, random weights", "llama", "gpt-2", 576, 30, 9, 3, 64, 1536, 49152, 8192, 100000, 1e-5, false},
	"qwen3-0.6b":   {"Qwen3-0.6B shape, random weights", "qwen3", "qwen2", 1024, 28, 16, 8, 128, 3072, 151936, 40960, 1e6, 1e-6, false},
	"qwen2.5-0.5b": {"Qwen2.5-0.5B shape, random weights", "qwen2", "qwen2", 896, 24, 14, 2, 64, 4864, 151936, 32768, 1e6, 1e-6, false},
	"qwen2.5-1.5b": {"Qwen2.5-1.5B shape, random weights", "qwen2", "qwen2", 1536, 28, 12, 2, 128, 8960, 151936, 32768, 1e6, 1e-6, false},
	"llama2-7b":    {"Llama-2-7B shape, random weights", "llama", "gpt-2", 4096, 32, 32, 32, 128, 11008, 32000, 4096, 10000, 1e-5, true},
	"tiny":         {"tiny, random weights", "llama", "gpt-2", 64, 2, 4, 2, 16, 128, 512, 512, 10000, 1e-5, false},
	"tiny-qwen3":   {"tiny qwen3, random weights", "qwen3", "qwen2", 256, 4, 2, 1, 128, 512, 512, 512, 1e6, 1e-6, false},
}

func main() {
	which := flag.String("shape", "smollm2-135m", strings.Join(slices.Sorted(maps.Keys(shapes)), ", "))
	typ := flag.String("type", "q8_0", strings.Join(slices.Sorted(maps.Keys(mixes)), ", "))
	out := flag.String("o", "", "the file to write")
	flag.Parse()
	s, ok := shapes[*which]
	m, known := mixes[*typ]
	if !ok || !known || *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := create(*out, s, m); err != nil {
		fmt.Fprintln(os.Stderr, "genmodel:", err)
		os.Exit(1)
	}
}

// newRandom returns the source of all weights: the same file each time.
func newRandom() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{1}) }

func create(path string, s shape, m mix) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(f, 1<<20)
	if err = write(buf, s, m); err == nil {
		err = buf.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func write(out io.Writer, s shape, m mix) error {
	w := gguf.NewWriter()
	metadata(w, s)
	vocabulary(w, s)
	r := newRandom()
	matrix := func(name string, cols, rows int, t quant.Type) {
		t = storable(t, cols)
		w.AddTensor(name+".weight", []int64{int64(cols), int64(rows)}, t, func(out io.Writer) error { return blocks(out, r, t, cols*rows) })
	}
	norm := func(name string, n int) {
		w.AddTensor(name+".weight", []int64{int64(n)}, quant.F32, func(out io.Writer) error { return ones(out, n) })
	}
	q, kv := s.heads*s.headDim, s.kvHeads*s.headDim
	matrix("token_embd", s.hidden, s.vocab, m.output)
	for i := range s.layers {
		b := fmt.Sprintf("blk.%d.", i)
		norm(b+"attn_norm", s.hidden)
		matrix(b+"attn_q", s.hidden, q, m.rest)
		matrix(b+"attn_k", s.hidden, kv, m.rest)
		matrix(b+"attn_v", s.hidden, kv, m.sensitive(i, s.layers))
		matrix(b+"attn_output", q, s.hidden, m.rest)
		if s.architecture == "qwen2" {
			w.AddTensor(b+"attn_q.bias", []int64{int64(q)}, quant.F32, func(out io.Writer) error { return ones(out, q) })
			w.AddTensor(b+"attn_k.bias", []int64{int64(kv)}, quant.F32, func(out io.Writer) error { return ones(out, kv) })
			w.AddTensor(b+"attn_v.bias", []int64{int64(kv)}, quant.F32, func(out io.Writer) error { return ones(out, kv) })
		}
		if s.architecture == "qwen3" {
			norm(b+"attn_q_norm", s.headDim)
			norm(b+"attn_k_norm", s.headDim)
		}
		norm(b+"ffn_norm", s.hidden)
		matrix(b+"ffn_gate", s.hidden, s.ffn, m.rest)
		matrix(b+"ffn_up", s.hidden, s.ffn, m.rest)
		matrix(b+"ffn_down", s.ffn, s.hidden, m.sensitive(i, s.layers))
	}
	norm("output_norm", s.hidden)
	if s.untied {
		matrix("output", s.hidden, s.vocab, m.output)
	}
	_, err := w.WriteTo(out)
	return err
}

func metadata(w *gguf.Writer, s shape) {
	w.Set("general.architecture", s.architecture)
	w.Set("general.name", s.name)
	for _, kv := range []struct {
		key   string
		value any
	}{
		{"context_length", uint32(s.context)}, {"embedding_length", uint32(s.hidden)}, {"block_count", uint32(s.layers)},
		{"feed_forward_length", uint32(s.ffn)}, {"vocab_size", uint32(s.vocab)},
		{"attention.head_count", uint32(s.heads)}, {"attention.head_count_kv", uint32(s.kvHeads)},
		{"attention.key_length", uint32(s.headDim)}, {"attention.value_length", uint32(s.headDim)},
		{"attention.layer_norm_rms_epsilon", s.normEps},
		{"rope.dimension_count", uint32(s.headDim)}, {"rope.freq_base", s.ropeBase},
	} {
		w.Set(s.architecture+"."+kv.key, kv.value)
	}
}

// vocabulary writes a byte-level one of the shape's size; tokens beyond the bytes
// are marked as unused.
func vocabulary(w *gguf.Writer, s shape) {
	const normal, unused = 1, 5 // token types of llama.cpp's llama.h
	tokens, types := make([]string, s.vocab), make([]int32, s.vocab)
	next := rune(0x100)
	for i := range tokens {
		types[i] = normal
		switch r := rune(i); {
		case i >= 256:
			tokens[i], types[i] = fmt.Sprintf("<unused%d>", i), unused
		case r < '!' || r > '~' && r < 0xA1 || r == 0xAD: // bytes without a visible form, as GPT-2 writes them
			tokens[i] = string(next)
			next++
		default:
			tokens[i] = string(r)
		}
	}
	w.Set("tokenizer.ggml.model", "gpt2")
	w.Set("tokenizer.ggml.pre", s.pre)
	w.Set("tokenizer.ggml.tokens", tokens)
	w.Set("tokenizer.ggml.token_type", types)
	w.Set("tokenizer.ggml.merges", []string{})
	w.Set("tokenizer.ggml.bos_token_id", uint32(0))
	w.Set("tokenizer.ggml.eos_token_id", uint32(0))
	w.Set("tokenizer.ggml.add_bos_token", false)
}

func ones(out io.Writer, n int) error {
	b := make([]byte, 4*n)
	for i := range n {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(1))
	}
	_, err := out.Write(b)
	return err
}

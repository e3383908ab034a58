// Command genmodel writes a GGUF file of a real model's shape with random
// weights: speed does not depend on their values, and nothing is downloaded.
//
//	genmodel -shape smollm2-135m -type q8_0 -o FILE
//
// As in files made by llama-quantize, norms are F32, and with q4_0 the embedding,
// which is also the output matrix, stays q8_0. The vocabulary is 256 bytes and
// names without a meaning.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

// shape is the sizes of a llama decoder with tied embeddings.
type shape struct {
	name                                                string
	hidden, layers, heads, kvHeads, ffn, vocab, context int
	ropeBase                                            float32
}

// shapes are the sizes of published models (their config.json).
var shapes = map[string]shape{
	"smollm2-135m": {"SmolLM2-135M shape, random weights", 576, 30, 9, 3, 1536, 49152, 8192, 100000},
	"tiny":         {"tiny, random weights", 64, 2, 4, 2, 128, 512, 512, 10000},
}

func main() {
	names := make([]string, 0, len(shapes))
	for n := range shapes {
		names = append(names, n)
	}
	sort.Strings(names)
	which := flag.String("shape", "smollm2-135m", strings.Join(names, " or "))
	typ := flag.String("type", "q8_0", "q8_0 or q4_0")
	out := flag.String("o", "", "the file to write")
	flag.Parse()
	s, ok := shapes[*which]
	t, known := map[string]quant.Type{"q8_0": quant.Q8_0, "q4_0": quant.Q4_0}[*typ]
	if !ok || !known || *out == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := write(s, t, *out); err != nil {
		fmt.Fprintln(os.Stderr, "genmodel:", err)
		os.Exit(1)
	}
}

func write(s shape, t quant.Type, path string) error {
	w := gguf.NewWriter()
	metadata(w, s)
	headDim := s.hidden / s.heads
	r := rand.New(rand.NewPCG(1, 1))
	matrix := func(name string, cols, rows int, t quant.Type) {
		w.AddTensor(name+".weight", []int64{int64(cols), int64(rows)}, t, func(out io.Writer) error { return blocks(out, r, t, cols*rows) })
	}
	norm := func(name string) {
		w.AddTensor(name+".weight", []int64{int64(s.hidden)}, quant.F32, func(out io.Writer) error { return ones(out, s.hidden) })
	}
	matrix("token_embd", s.hidden, s.vocab, quant.Q8_0)
	for i := range s.layers {
		b := fmt.Sprintf("blk.%d.", i)
		norm(b + "attn_norm")
		matrix(b+"attn_q", s.hidden, s.heads*headDim, t)
		matrix(b+"attn_k", s.hidden, s.kvHeads*headDim, t)
		matrix(b+"attn_v", s.hidden, s.kvHeads*headDim, t)
		matrix(b+"attn_output", s.heads*headDim, s.hidden, t)
		norm(b + "ffn_norm")
		matrix(b+"ffn_gate", s.hidden, s.ffn, t)
		matrix(b+"ffn_up", s.hidden, s.ffn, t)
		matrix(b+"ffn_down", s.ffn, s.hidden, t)
	}
	norm("output_norm")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(f, 1<<20)
	if _, err = w.WriteTo(buf); err == nil {
		err = buf.Flush()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func metadata(w *gguf.Writer, s shape) {
	for _, kv := range []struct {
		key   string
		value any
	}{
		{"general.architecture", "llama"}, {"general.name", s.name},
		{"llama.context_length", uint32(s.context)}, {"llama.embedding_length", uint32(s.hidden)}, {"llama.block_count", uint32(s.layers)},
		{"llama.feed_forward_length", uint32(s.ffn)}, {"llama.attention.head_count", uint32(s.heads)}, {"llama.attention.head_count_kv", uint32(s.kvHeads)},
		{"llama.attention.layer_norm_rms_epsilon", float32(1e-5)}, {"llama.rope.dimension_count", uint32(s.hidden / s.heads)},
		{"llama.rope.freq_base", s.ropeBase}, {"llama.vocab_size", uint32(s.vocab)},
		{"tokenizer.ggml.model", "gpt2"}, {"tokenizer.ggml.pre", "gpt-2"},
	} {
		w.Set(kv.key, kv.value)
	}
	tokens, types := make([]string, s.vocab), make([]int32, s.vocab)
	next := rune(0x100)
	for i := range tokens {
		types[i] = 1
		switch r := rune(i); {
		case i >= 256:
			tokens[i] = fmt.Sprintf("<unused%d>", i)
			types[i] = 5
		case r < '!' || r > '~' && r < 0xA1 || r == 0xAD: // bytes without a visible form, as GPT-2 writes them
			tokens[i] = string(next)
			next++
		default:
			tokens[i] = string(r)
		}
	}
	w.Set("tokenizer.ggml.tokens", tokens)
	w.Set("tokenizer.ggml.token_type", types)
	w.Set("tokenizer.ggml.merges", []string{})
	w.Set("tokenizer.ggml.bos_token_id", uint32(0))
	w.Set("tokenizer.ggml.eos_token_id", uint32(0))
}

// blocks writes n values as blocks with a scale of about 1/√n-th of a row and
// random integers.
func blocks(out io.Writer, r *rand.Rand, t quant.Type, n int) error {
	block := make([]byte, t.BlockBytes)
	for range n / t.BlockLen {
		scale := float32(0.0005 + 0.0005*r.Float64())
		if t.ID == quant.Q4_0.ID {
			scale *= 16
		}
		binary.LittleEndian.PutUint16(block, quant.ToF16(scale))
		for i := 2; i < len(block); i++ {
			block[i] = byte(r.Uint32())
		}
		if _, err := out.Write(block); err != nil {
			return err
		}
	}
	return nil
}

func ones(out io.Writer, n int) error {
	b := make([]byte, 4*n)
	for i := range n {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(1))
	}
	_, err := out.Write(b)
	return err
}

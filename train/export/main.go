// Command export turns a checkpoint of train.py into a GGUF file.
//
//	export DIR OUT.gguf
//
// DIR holds model.json and weights.bin (see save in train.py) and tokenizer.json
// (see data.py). Matrices are stored as Q8_0, norms as F32.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/quant"
)

const description = "A small model that writes simple English stories. It was trained from nothing on text written by a program (train/storygen); it knows little of the world and can do nothing else."

type checkpoint struct {
	Config struct {
		Vocab, Hidden, Layers, Heads, FFN, Context int
		KVHeads                                    int `json:"kv_heads"`
		Eps                                        float32
		RopeBase                                   float32 `json:"rope_base"`
	}
	Tensors []struct {
		Name  string
		Shape []int64 // outermost first
	}
}

type vocabulary struct {
	Tokens        []string
	Scores        []float32
	Types         []int32
	BOS, EOS, Unk uint32
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: export DIR OUT.gguf")
		os.Exit(2)
	}
	if err := export(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

func export(dir, out string) error {
	var c checkpoint
	var v vocabulary
	if err := readJSON(filepath.Join(dir, "model.json"), &c); err != nil {
		return err
	}
	if err := readJSON(filepath.Join(dir, "tokenizer.json"), &v); err != nil {
		return err
	}
	weights, err := os.ReadFile(filepath.Join(dir, "weights.bin"))
	if err != nil {
		return err
	}
	w := gguf.NewWriter()
	setMetadata(w, &c, &v)
	for _, t := range c.Tensors {
		shape, n := []int64{}, int64(1)
		for i := len(t.Shape) - 1; i >= 0; i-- { // GGUF has the innermost first
			shape, n = append(shape, t.Shape[i]), n*t.Shape[i]
		}
		if int64(len(weights)) < 4*n {
			return fmt.Errorf("weights.bin ends within %s", t.Name)
		}
		addTensor(w, t.Name, shape, weights[:4*n])
		weights = weights[4*n:]
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	n, err := w.WriteTo(f)
	if err == nil {
		fmt.Printf("%s: %d bytes\n", out, n)
	}
	return firstError(err, f.Close())
}

func setMetadata(w *gguf.Writer, c *checkpoint, v *vocabulary) {
	m := c.Config
	for _, kv := range []struct {
		key   string
		value any
	}{
		{"general.architecture", "llama"},
		{"general.name", "Gander stories"},
		{"general.description", description},
		{"general.license", "mit"},
		{"general.file_type", uint32(7)}, // mostly Q8_0
		{"general.quantization_version", uint32(2)},
		{"llama.context_length", uint32(m.Context)},
		{"llama.embedding_length", uint32(m.Hidden)},
		{"llama.block_count", uint32(m.Layers)},
		{"llama.feed_forward_length", uint32(m.FFN)},
		{"llama.attention.head_count", uint32(m.Heads)},
		{"llama.attention.head_count_kv", uint32(m.KVHeads)},
		{"llama.attention.layer_norm_rms_epsilon", m.Eps},
		{"llama.rope.dimension_count", uint32(m.Hidden / m.Heads)},
		{"llama.rope.freq_base", m.RopeBase},
		{"llama.vocab_size", uint32(m.Vocab)},
		{"tokenizer.ggml.model", "llama"},
		{"tokenizer.ggml.pre", "default"},
		{"tokenizer.ggml.tokens", v.Tokens},
		{"tokenizer.ggml.scores", v.Scores},
		{"tokenizer.ggml.token_type", v.Types},
		{"tokenizer.ggml.bos_token_id", v.BOS},
		{"tokenizer.ggml.eos_token_id", v.EOS},
		{"tokenizer.ggml.unknown_token_id", v.Unk},
		{"tokenizer.ggml.add_bos_token", true},
		{"tokenizer.ggml.add_eos_token", false},
		{"tokenizer.ggml.add_space_prefix", true},
	} {
		w.Set(kv.key, kv.value)
	}
}

// addTensor stores little-endian float32 values, matrices as Q8_0.
func addTensor(w *gguf.Writer, name string, shape []int64, raw []byte) {
	typ := quant.F32
	if len(shape) == 2 {
		typ = quant.Q8_0
	}
	w.AddTensor(name, shape, typ, func(out io.Writer) error {
		values := make([]float32, len(raw)/4)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		dst := make([]byte, len(values)/typ.BlockLen*typ.BlockBytes)
		typ.Quantize(dst, values)
		_, err := out.Write(dst)
		return err
	})
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

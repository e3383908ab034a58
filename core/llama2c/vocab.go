package llama2c

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/gander-lm/gander/core/gguf"
)

// Token types of tokenizer.ggml.token_type (llama.h llama_token_type).
const (
	typeNormal  = 1
	typeUnknown = 2
	typeControl = 3
	typeByte    = 6
)

// The tokens that all vocabularies of llama2.c begin with.
const (
	unknown = 0
	bos     = 1
	eos     = 2
)

// vocabulary reads a tokenizer.bin of a given number of tokens and sets the keys
// of a "llama" vocabulary. The file has the length of the longest token, then for
// each token its score, length and text, with spaces where SentencePiece has ▁.
func vocabulary(w *gguf.Writer, b []byte, size int64) error {
	le := binary.LittleEndian
	if len(b) < 4 {
		return broken(0, "not a tokenizer of llama2.c: the file has %d bytes", len(b))
	}
	tokens, types, scores := []string{}, []int32{}, []float32{}
	for at := 4; at < len(b); {
		if len(tokens) == int(size) {
			return broken(int64(at), "the tokenizer has more than the model's vocab_size %d tokens", size)
		}
		if len(b)-at < 8 {
			return broken(int64(at), "the tokenizer ends within token %d", len(tokens))
		}
		score, n := math.Float32frombits(le.Uint32(b[at:])), int64(int32(le.Uint32(b[at+4:])))
		at += 8
		if n < 0 || n > int64(len(b)-at) {
			return broken(int64(at-4), "not a tokenizer of llama2.c, or cut off: token %d has %d bytes, the file %d more", len(tokens), n, len(b)-at)
		}
		if score != score {
			return broken(int64(at-8), "token %d has no number as its score", len(tokens))
		}
		text, typ := token(len(tokens), string(b[at:at+int(n)]))
		tokens, types, scores = append(tokens, text), append(types, typ), append(scores, score)
		at += int(n)
	}
	if len(tokens) < int(size) {
		return broken(int64(len(b)), "the tokenizer has %d tokens, the model's vocab_size is %d", len(tokens), size)
	}
	w.Set("tokenizer.ggml.model", "llama")
	w.Set("tokenizer.ggml.pre", "default")
	w.Set("tokenizer.ggml.tokens", tokens)
	w.Set("tokenizer.ggml.scores", scores)
	w.Set("tokenizer.ggml.token_type", types)
	w.Set("tokenizer.ggml.bos_token_id", uint32(bos))
	w.Set("tokenizer.ggml.eos_token_id", uint32(eos))
	w.Set("tokenizer.ggml.unknown_token_id", uint32(unknown))
	w.Set("tokenizer.ggml.add_bos_token", true)
	w.Set("tokenizer.ggml.add_eos_token", false)
	w.Set("tokenizer.ggml.add_space_prefix", true)
	return nil
}

// token returns a token as GGUF has it, and its type.
func token(id int, text string) (string, int32) {
	switch id {
	case unknown:
		return "<unk>", typeUnknown
	case bos: // llama2.c writes these with line ends around them
		return "<s>", typeControl
	case eos:
		return "</s>", typeControl
	}
	var b byte
	if n, err := fmt.Sscanf(text, "<0x%02X>", &b); err == nil && n == 1 && len(text) == 6 {
		return text, typeByte
	}
	return strings.ReplaceAll(text, " ", "▁"), typeNormal
}

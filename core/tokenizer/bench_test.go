package tokenizer

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/internal/coretest"
)

// BenchmarkEncode measures bytes of text a second; docs/tokenizers.md has a table.
func BenchmarkEncode(b *testing.B) {
	prose, err := os.ReadFile(coretest.Shared(b, "thirdparty", "tokenizers", "sentencepiece", "botchan.txt"))
	require.NoError(b, err)
	for _, c := range []struct{ name, path string }{
		{"GPT-2", "llama.cpp/ggml-vocab-gpt-2.gguf"},
		{"Llama-3", "llama.cpp/ggml-vocab-llama-bpe.gguf"},
		{"Llama-3-json", "llama3.2/tokenizer.reconstructed.json"},
		{"Qwen2", "llama.cpp/ggml-vocab-qwen2.gguf"},
		{"SmolLM2-json", "smollm2/tokenizer.json"},
		{"Llama-2", "llama.cpp/ggml-vocab-llama-spm.gguf"},
		{"BERT", "llama.cpp/ggml-vocab-bert-bge.gguf"},
		{"T5-json", "ort-ext/t5-small/tokenizer.json"},
	} {
		tok := openFile(b, coretest.Shared(b, "thirdparty", "tokenizers", c.path))
		for _, t := range []struct{ name, text string }{
			{"prose", string(prose)},
			{"short", string(prose[:400])},
			{"cjk", strings.Repeat("我喜欢吃苹果，日本語のテキストと한국어 텍스트。", 2000)},
		} {
			b.Run(c.name+"/"+t.name, func(b *testing.B) {
				b.SetBytes(int64(len(t.text)))
				for b.Loop() {
					_, err := tok.Encode(t.text, EncodeOptions{})
					require.NoError(b, err)
				}
			})
		}
	}
}

// BenchmarkOpen measures the reading of a whole tokenizer.
func BenchmarkOpen(b *testing.B) {
	for _, c := range []struct{ name, path string }{
		{"Llama-3-json", "llama3.2/tokenizer.reconstructed.json"},
		{"T5-json", "ort-ext/t5-small/tokenizer.json"},
		{"Llama-2-model", "mistral/tokenizer.model.v1"},
	} {
		file, err := os.ReadFile(coretest.Shared(b, "thirdparty", "tokenizers", c.path))
		require.NoError(b, err)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if strings.HasSuffix(c.path, ".json") {
					_, err = FromJSON(file, Hints{})
				} else {
					_, err = FromSentencePiece(file, Hints{})
				}
				require.NoError(b, err)
			}
		})
	}
}

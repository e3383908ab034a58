package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/internal/coretest"
)

// oracle is testdata/vectors.json: texts, and what the tokenizers' own libraries
// make of them.
type oracle struct {
	Texts []string
	Files map[string][]oracleCase
}

type oracleCase struct {
	IDs     []int32
	Special []int32 // with what the post-processor adds; not in SentencePiece
	Text    string  // of IDs
}

func readOracle(t testing.TB) oracle {
	var o oracle
	b, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &o))
	return o
}

// opened keeps the tokenizers of large files, which several tests want.
var opened sync.Map

// openFile opens any of the three kinds of file.
func openFile(t testing.TB, path string) *Tokenizer {
	t.Helper()
	if tok, ok := opened.Load(path); ok {
		return tok.(*Tokenizer)
	}
	if strings.HasSuffix(path, ".gguf") {
		return open(t, path)
	}
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var tok *Tokenizer
	if strings.HasSuffix(path, ".json") {
		tok, err = FromJSON(b, Hints{})
	} else {
		tok, err = FromSentencePiece(b, Hints{})
	}
	require.NoError(t, err)
	opened.Store(path, tok)
	return tok
}

// TestOracle compares with Hugging Face's tokenizers and SentencePiece.
func TestOracle(t *testing.T) {
	o := readOracle(t)
	for name, cases := range o.Files {
		t.Run(name, func(t *testing.T) {
			path := name
			if !strings.HasPrefix(name, "testdata/") {
				path = coretest.Shared(t, strings.Split(name, "/")...)
			}
			tok := openFile(t, path)
			parse := strings.HasSuffix(path, ".json")
			require.Len(t, cases, len(o.Texts))
			for i, c := range cases {
				got, err := tok.Encode(o.Texts[i], EncodeOptions{ParseSpecial: parse})
				require.NoError(t, err)
				assert.Equal(t, c.IDs, got, "%q", o.Texts[i])
				if parse {
					got, err = tok.Encode(o.Texts[i], EncodeOptions{AddSpecial: true, ParseSpecial: true})
					require.NoError(t, err)
					assert.Equal(t, c.Special, got, "%q with special tokens", o.Texts[i])
				}
				text, err := tok.Decode(c.IDs)
				require.NoError(t, err)
				assert.Equal(t, valid(c.Text), valid(text), "text of %q", o.Texts[i])
			}
		})
	}
}

// valid makes runs of U+FFFD and of bytes that are not UTF-8 one U+FFFD: libraries
// differ in how many they write.
func valid(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	for strings.Contains(s, "\uFFFD\uFFFD") {
		s = strings.ReplaceAll(s, "\uFFFD\uFFFD", "\uFFFD")
	}
	return s
}

// TestPublishedOracles runs the vectors that lie beside the vocabularies.
func TestPublishedOracles(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(coretest.Shared(t, "thirdparty", "oracle", "tokenizers"), "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, p := range paths {
		t.Run(filepath.Base(p), func(t *testing.T) {
			var o struct {
				Tokenizer string
				Cases     []struct {
					Text    string
					IDs     []int32
					Special []int32 `json:"ids_special"`
					Parsed  []int32 `json:"ids_parse_special"`
					Detok   *string
					Keep    *string `json:"decode_keep"`
				}
			}
			b, err := os.ReadFile(p)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(b, &o))
			require.NotEmpty(t, o.Cases)
			tok := openFile(t, coretest.Shared(t, append([]string{"thirdparty"}, strings.Split(o.Tokenizer, "/")...)...))
			json := strings.HasSuffix(o.Tokenizer, ".json")
			for _, c := range o.Cases {
				got, err := tok.Encode(c.Text, EncodeOptions{ParseSpecial: json})
				require.NoError(t, err)
				assert.Equal(t, c.IDs, got, "%q", c.Text)
				got, err = tok.Encode(c.Text, EncodeOptions{AddSpecial: true, ParseSpecial: true})
				require.NoError(t, err)
				assert.Equal(t, c.Special, got, "%q with special tokens", c.Text)
				if c.Parsed != nil {
					got, err = tok.Encode(c.Text, EncodeOptions{ParseSpecial: true})
					require.NoError(t, err)
					assert.Equal(t, c.Parsed, got, "%q parsed", c.Text)
				}
				text, err := tok.Decode(c.IDs)
				require.NoError(t, err)
				for _, want := range []*string{c.Detok, c.Keep} {
					if want != nil {
						assert.Equal(t, valid(*want), valid(text), "text of %q", c.Text)
					}
				}
			}
		})
	}
}

// TestVectorsElsewhere runs llama.cpp's vectors on the vocabularies of other
// files: those that it publishes without one, and those that come in two forms.
func TestVectorsElsewhere(t *testing.T) {
	for _, c := range []struct{ vectors, path string }{
		{"llama-bpe", "llama3.2/tokenizer.reconstructed.json"},
		{"qwen2", "qwen2/tokenizer.reconstructed.json"},
		{"deepseek-r1-qwen", "qwen2/tokenizer.reconstructed.json"},
		{"deepseek-r1-qwen", "llama.cpp/ggml-vocab-qwen2.gguf"},
	} {
		t.Run(c.vectors+" on "+c.path, func(t *testing.T) {
			runVectors(t, openFile(t, coretest.Shared(t, "thirdparty", "tokenizers", c.path)), c.vectors)
		})
	}
}

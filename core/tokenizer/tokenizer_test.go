package tokenizer

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

func open(t testing.TB, path string) *Tokenizer {
	t.Helper()
	r, err := os.Open(path)
	require.NoError(t, err)
	defer r.Close()
	info, err := r.Stat()
	require.NoError(t, err)
	f, err := gguf.Read(r, info.Size())
	require.NoError(t, err)
	tok, err := New(f)
	require.NoError(t, err)
	return tok
}

// TestGolden runs the tokenizer cases of the golden models.
func TestGolden(t *testing.T) {
	for _, name := range coretest.GoldenNames(t) {
		f := coretest.Golden(t, name)
		t.Run(name, func(t *testing.T) {
			tok := open(t, f.ModelPath)
			require.NotEmpty(t, f.Tokenizer)
			for _, c := range f.Tokenizer {
				ids, err := tok.Encode(c.Text, EncodeOptions{AddSpecial: true, ParseSpecial: true})
				require.NoError(t, err)
				assert.Equal(t, c.IDs, ids, "%q with special tokens", c.Text)
				ids, err = tok.Encode(c.Text, EncodeOptions{})
				require.NoError(t, err)
				assert.Equal(t, c.Plain, append([]int32{}, ids...), "%q plain", c.Text)
				text, err := tok.Decode(c.Plain)
				require.NoError(t, err)
				assert.Equal(t, c.Detok(t), text)
			}
			text, err := tok.Decode(f.Greedy)
			require.NoError(t, err)
			assert.Equal(t, f.GreedyText(t), text)
		})
	}
}

// TestVectors runs the published vectors of llama.cpp's vocabularies.
func TestVectors(t *testing.T) {
	for _, name := range []string{"llama-spm", "phi-3", "gpt-2", "llama-bpe", "falcon", "starcoder", "qwen2", "bert-bge"} {
		t.Run(name, func(t *testing.T) {
			path := coretest.Shared(t, "thirdparty", "tokenizers", "llama.cpp", "ggml-vocab-"+name+".gguf")
			runVectors(t, open(t, path), name)
		})
	}
}

// runVectors runs the cases of a vocabulary of llama.cpp.
func runVectors(t *testing.T, tok *Tokenizer, name string) {
	path := coretest.Shared(t, "thirdparty", "tokenizers", "llama.cpp", "ggml-vocab-"+name+".gguf.inp")
	in, err := os.ReadFile(path)
	require.NoError(t, err)
	out, err := os.ReadFile(strings.TrimSuffix(path, ".inp") + ".out")
	require.NoError(t, err)
	texts := strings.Split(string(in), "\n__ggml_vocab_test__\n")
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	require.GreaterOrEqual(t, len(texts), len(lines))
	require.Len(t, lines, 46)
	for i, line := range lines {
		want := []int32{}
		for _, s := range strings.Fields(line) {
			n, err := strconv.Atoi(s)
			require.NoError(t, err)
			want = append(want, int32(n))
		}
		got, err := tok.Encode(texts[i], EncodeOptions{})
		require.NoError(t, err)
		assert.Equal(t, want, got, "case %d: %q", i, texts[i])
	}
}

// tiny writes a vocabulary: every byte, some pieces, and what change adds.
func tiny(t testing.TB, kind string, change func(*gguf.Writer, map[string]any)) (*Tokenizer, error) {
	t.Helper()
	keys := map[string]any{"tokenizer.ggml.model": kind}
	switch kind {
	case "llama":
		tokens, types := []string{"<unk>", "<s>", "</s>"}, []int32{2, 3, 3}
		for b := range 256 {
			tokens, types = append(tokens, "<0x"+strings.ToUpper(strconv.FormatInt(int64(b+256), 16)[1:])+">"), append(types, typeByte)
		}
		for _, s := range []string{"▁", "a", "b", "ab", "▁a", "▁ab", "<user>"} {
			tokens, types = append(tokens, s), append(types, typeNormal)
		}
		types[len(types)-1] = typeUserDefined
		scores := make([]float32, len(tokens))
		scores[262], scores[263], scores[264] = -1, -2, -3
		keys["tokenizer.ggml.tokens"], keys["tokenizer.ggml.token_type"], keys["tokenizer.ggml.scores"] = tokens, types, scores
		keys["tokenizer.ggml.bos_token_id"], keys["tokenizer.ggml.eos_token_id"], keys["tokenizer.ggml.unknown_token_id"] = uint32(1), uint32(2), uint32(0)
	case "gpt2":
		var tokens []string
		for _, r := range byteRune {
			tokens = append(tokens, string(r))
		}
		keys["tokenizer.ggml.tokens"] = append(tokens, "ab", "Ġab")
		keys["tokenizer.ggml.merges"] = []string{"a b", "Ġ ab"}
	case "bert":
		keys["tokenizer.ggml.tokens"] = []string{"[UNK]", "[CLS]", "[SEP]", "▁a", "▁ab", "a", "b", "##"}
		keys["tokenizer.ggml.token_type"] = []int32{3, 3, 3, 1, 1, 1, 1, 1}
		keys["tokenizer.ggml.unknown_token_id"], keys["tokenizer.ggml.bos_token_id"], keys["tokenizer.ggml.seperator_token_id"] = uint32(0), uint32(1), uint32(2)
	case "t5":
		keys["tokenizer.ggml.tokens"] = []string{"<pad>", "</s>", "<unk>", "▁", "a", "b", "▁ab"}
		keys["tokenizer.ggml.token_type"] = []int32{3, 3, 2, 1, 1, 1, 1}
		keys["tokenizer.ggml.scores"] = []float32{0, 0, 0, -2, -2, -2, -3}
		keys["tokenizer.ggml.add_space_prefix"] = true
	}
	w := gguf.NewWriter()
	if change != nil {
		change(w, keys)
	}
	for k, v := range keys {
		w.Set(k, v)
	}
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(t, err)
	f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	return New(f)
}

func TestSPMRules(t *testing.T) {
	tok, err := tiny(t, "llama", nil)
	require.NoError(t, err)
	for _, c := range []struct {
		name, text string
		opts       EncodeOptions
		want       []int32
	}{
		{"prefix and merges", "ab", EncodeOptions{}, []int32{264}},
		{"BOS", "ab", EncodeOptions{AddSpecial: true}, []int32{1, 264}},
		{"bytes for the rest", "é", EncodeOptions{}, []int32{259, 3 + 0xC3, 3 + 0xA9}},
		{"control text is text", "</s>", EncodeOptions{}, []int32{259, 3 + '<', 3 + '/', 3 + 's', 3 + '>'}},
		{"control text parsed", "</s>ab", EncodeOptions{ParseSpecial: true}, []int32{2, 264}},
		{"user-defined always", "b<user>b", EncodeOptions{}, []int32{259, 261, 265, 259, 261}},
		{"invalid UTF-8", "\xff", EncodeOptions{}, []int32{259, 3 + 0xFF}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tok.Encode(c.text, c.opts)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestBrokenVocabularies(t *testing.T) {
	for _, c := range []struct {
		name, kind string
		change     func(*gguf.Writer, map[string]any)
		want       string
	}{
		{"no tokens", "llama", func(_ *gguf.Writer, k map[string]any) { delete(k, "tokenizer.ggml.tokens") }, "missing"},
		{"too few scores", "llama", func(_ *gguf.Writer, k map[string]any) { k["tokenizer.ggml.scores"] = []float32{1} }, "1 scores"},
		{"too few types", "llama", func(_ *gguf.Writer, k map[string]any) { k["tokenizer.ggml.token_type"] = []int32{1} }, "1 token types"},
		{"BOS out of range", "llama", func(_ *gguf.Writer, k map[string]any) { k["tokenizer.ggml.bos_token_id"] = uint32(9999) }, "9999"},
		{"no merges", "gpt2", func(_ *gguf.Writer, k map[string]any) { delete(k, "tokenizer.ggml.merges") }, "merges"},
		{"merge of unknown tokens", "gpt2", func(_ *gguf.Writer, k map[string]any) { k["tokenizer.ggml.merges"] = []string{"a zz"} }, "not in the vocabulary"},
		{"merge of one part", "gpt2", func(_ *gguf.Writer, k map[string]any) { k["tokenizer.ggml.merges"] = []string{"ab"} }, "no two parts"},
		{"duplicate token", "gpt2", func(_ *gguf.Writer, k map[string]any) {
			k["tokenizer.ggml.tokens"] = append(k["tokenizer.ggml.tokens"].([]string), "ab")
		}, "twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tiny(t, c.kind, c.change)
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
		})
	}
	for _, key := range []string{"tokenizer.ggml.model", "tokenizer.ggml.pre"} {
		_, err := tiny(t, "gpt2", func(_ *gguf.Writer, k map[string]any) { k[key] = "martian" })
		var ue *errs.UnsupportedError
		require.ErrorAs(t, err, &ue)
		assert.ErrorContains(t, err, "martian")
	}
}

func TestStream(t *testing.T) {
	tok, err := tiny(t, "llama", nil)
	require.NoError(t, err)
	b := func(c byte) int32 { return 3 + int32(c) }
	for _, c := range []struct {
		name string
		ids  []int32
		want []string // per token, then what Flush gives
	}{
		{"text", []int32{264, 261}, []string{" ab", "b", ""}},
		{"a character in pieces", []int32{b(0xE8), b(0x8B), b(0xB9), 261}, []string{"", "", "苹", "b", ""}},
		{"broken off", []int32{b(0xE8), b(0x8B)}, []string{"", "", "\uFFFD"}},
		{"interrupted", []int32{b(0xE8), 261}, []string{"", "\uFFFDb", ""}},
		{"never valid", []int32{b(0xFF)}, []string{"\uFFFD", ""}},
		{"control tokens have no text", []int32{2, 261}, []string{"", "b", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := tok.NewStream()
			var got []string
			for _, id := range c.ids {
				got = append(got, s.Push(id))
			}
			assert.Equal(t, c.want, append(got, s.Flush()))
		})
	}
}

// TestTextStream: the tokens of a text of its own give the text that Decode gives.
func TestTextStream(t *testing.T) {
	tok, err := tiny(t, "llama", nil)
	require.NoError(t, err)
	for _, ids := range [][]int32{{264, 261}, {2, 264, 264}, {261, 264}, {3 + ' ', 3 + ' ', 264}, {3 + 0xE8, 3 + 0x8B, 3 + 0xB9, 264}, {}} {
		s, text := tok.NewTextStream(), ""
		for _, id := range ids {
			text += s.Push(id)
		}
		shown := slices.DeleteFunc(slices.Clone(ids), tok.IsSpecial)
		want, err := tok.Decode(shown)
		require.NoError(t, err)
		assert.Equal(t, want, text+s.Flush(), "%v", ids)
	}
}

func TestDecodeRejectsUnknownIDs(t *testing.T) {
	tok, err := tiny(t, "llama", nil)
	require.NoError(t, err)
	for _, id := range []int32{-1, 1 << 20} {
		_, err := tok.Decode([]int32{id})
		require.Error(t, err)
	}
}

// FuzzByteLevel: any bytes come back from a byte-level tokenizer.
func FuzzByteLevel(f *testing.F) {
	for _, s := range []string{"", "ab ab", "  two\n\n\tlines 12345 don't", "我 喜欢 吃 苹果", "\xff\xfe", "x\x00y"} {
		f.Add(s)
	}
	for name := range preTypes {
		f.Add(name)
	}
	toks := map[string]*Tokenizer{}
	for name, pre := range preTypes {
		if pre.unescaped {
			continue
		}
		tok, err := tiny(f, "gpt2", func(_ *gguf.Writer, k map[string]any) { k["tokenizer.ggml.pre"] = name })
		require.NoError(f, err)
		toks[name] = tok
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, tok := range toks {
			ids, err := tok.Encode(text, EncodeOptions{})
			require.NoError(t, err)
			got := ""
			for _, id := range ids {
				got += tok.text(id)
			}
			require.Equal(t, text, got, name)
		}
	})
}

func FuzzSPM(f *testing.F) {
	f.Add("ab abab \xff 苹果")
	tok, err := tiny(f, "llama", nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		ids, err := tok.Encode(text, EncodeOptions{AddSpecial: true, ParseSpecial: true})
		require.NoError(t, err)
		_, err = tok.Decode(ids)
		require.NoError(t, err)
	})
}

package hf

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/tokenizer"
)

// vocabularyOf returns a file with nothing but the vocabulary of a folder.
func vocabularyOf(fsys fs.FS, size int64, values map[string]any) (*gguf.File, error) {
	c := &config{values: values, w: gguf.NewWriter(), sizes: map[string]int64{"vocab_size": size}}
	if n, ok := values["type_vocab_size"]; ok {
		c.prefix, c.sizes["type_vocab_size"] = "bert.", c.integer("type_vocab_size", n)
	}
	if err := c.addVocabulary(fsys); err != nil {
		return nil, err
	}
	r, n, err := c.w.Reader()
	if err != nil {
		return nil, err
	}
	return gguf.Read(r, n)
}

func readGGUF(t *testing.T, path string) *gguf.File {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	f, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	return f
}

// folder has one tokenizer.json of the shared data, under its usual name, and more.
func folder(t *testing.T, more map[string]string, path ...string) fstest.MapFS {
	b, err := os.ReadFile(coretest.Shared(t, append([]string{"thirdparty", "tokenizers"}, path...)...))
	require.NoError(t, err)
	out := fstest.MapFS{TokenizerName: {Data: b}}
	for name, text := range more {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// TestLikeLlamaCppVocabularies compares with the vocabularies that llama.cpp's
// converter has made of the same tokenizers.
func TestLikeLlamaCppVocabularies(t *testing.T) {
	for _, c := range []struct {
		name, dir, pre string
	}{
		{"ggml-vocab-qwen2.gguf", "qwen2", "qwen2"},
		{"ggml-vocab-llama-bpe.gguf", "llama3.2", "llama-bpe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := readGGUF(t, coretest.Shared(t, "thirdparty", "tokenizers", "llama.cpp", c.name))
			tokens, _ := want.Strings("tokenizer.ggml.tokens")
			got, err := vocabularyOf(folder(t, nil, c.dir, "tokenizer.reconstructed.json"), int64(len(tokens)), map[string]any{})
			require.NoError(t, err)
			types, _ := want.Ints("tokenizer.ggml.token_type")
			ours, _ := got.Strings("tokenizer.ggml.tokens")
			ourTypes, _ := got.Ints("tokenizer.ggml.token_type")
			for i := range tokens {
				if types[i] == typeUnused || ourTypes[i] == typeUnused { // names of padding differ between versions
					continue
				}
				if types[i] != typeControl { // Llama 3.2 has names for some that 3 has reserved
					require.Equal(t, tokens[i], ours[i], "token %d", i)
				}
				require.Equal(t, types[i], ourTypes[i], "token %d", i)
			}
			merges, _ := want.Strings("tokenizer.ggml.merges")
			ourMerges, _ := got.Strings("tokenizer.ggml.merges")
			assert.Equal(t, merges, ourMerges)
			pre, _ := got.String("tokenizer.ggml.pre")
			assert.Equal(t, c.pre, pre)
			_, err = tokenizer.New(got)
			require.NoError(t, err)
		})
	}
}

// TestLikeLlamaCppSentencePiece compares with the vocabulary that llama.cpp's
// converter has made of Llama 2's tokenizer.model.
func TestLikeLlamaCppSentencePiece(t *testing.T) {
	b, err := os.ReadFile(coretest.Shared(t, "thirdparty", "models", "llama2c-tokenizers", "tokenizer.model"))
	require.NoError(t, err)
	want := readGGUF(t, coretest.Shared(t, "thirdparty", "tokenizers", "llama.cpp", "ggml-vocab-llama-spm.gguf"))
	fsys := fstest.MapFS{SentencePieceName: {Data: b}}
	fsys[TokenizerConfigName] = &fstest.MapFile{Data: []byte(`{"add_bos_token": true, "bos_token": "<s>", "added_tokens_decoder": {"32000": {"content": "<pad>", "special": true}}}`)}
	got, err := vocabularyOf(fsys, 32001, map[string]any{})
	require.NoError(t, err)
	tokens, _ := want.Strings("tokenizer.ggml.tokens")
	ours, _ := got.Strings("tokenizer.ggml.tokens")
	assert.Equal(t, append(tokens, "<pad>"), ours)
	scores, _ := want.Floats("tokenizer.ggml.scores")
	ourScores, _ := got.Floats("tokenizer.ggml.scores")
	assert.Equal(t, append(scores, addedScore), ourScores)
	types, _ := want.Ints("tokenizer.ggml.token_type")
	ourTypes, _ := got.Ints("tokenizer.ggml.token_type")
	assert.Equal(t, append(types, typeControl), ourTypes)
	space, _ := got.Bool("tokenizer.ggml.add_space_prefix")
	assert.True(t, space)
	_, err = tokenizer.New(got)
	require.NoError(t, err)
}

// TestVectorsOfTinyStories tokenises with the GGUF form of a SentencePiece-like
// tokenizer.json what Hugging Face's own library has tokenised.
func TestVectorsOfTinyStories(t *testing.T) {
	dir := coretest.Shared(t, "thirdparty", "models", "TinyStories-656K")
	b, err := os.ReadFile(coretest.Shared(t, "thirdparty", "oracle", "tokenizers", "hf-TinyStories-656K.json"))
	require.NoError(t, err)
	var oracle struct {
		Cases []struct {
			Text string
			IDs  []int32 `json:"ids_special"`
		}
	}
	require.NoError(t, json.Unmarshal(b, &oracle))
	f, err := vocabularyOf(os.DirFS(dir), 2048, map[string]any{})
	require.NoError(t, err)
	tok, err := tokenizer.New(f)
	require.NoError(t, err)
	for _, c := range oracle.Cases {
		ids, err := tok.Encode(c.Text, tokenizer.EncodeOptions{AddSpecial: true})
		require.NoError(t, err)
		// The vocabulary has no bytes. Hugging Face joins unknown characters that follow
		// each other (fuse_unk); a vocabulary in GGUF has one token for each byte of them.
		ids = slices.CompactFunc(ids, func(a, b int32) bool { return a == 0 && b == 0 })
		assert.Equal(t, c.IDs, ids, "%q", c.Text)
	}
}

func TestPreTokenizers(t *testing.T) {
	for _, c := range []struct {
		more map[string]string
		path []string
		size int64
		want string
	}{
		{nil, []string{"ort-ext", "phi-2", "tokenizer.json"}, 51200, "gpt-2"},
		{nil, []string{"smollm2", "tokenizer.json"}, 49152, "starcoder"},
		{map[string]string{TokenizerConfigName: `{"clean_up_tokenization_spaces": false}`}, []string{"smollm2", "tokenizer.json"}, 49152, "smollm"},
	} {
		f, err := vocabularyOf(folder(t, c.more, c.path...), c.size, map[string]any{})
		require.NoError(t, err)
		pre, _ := f.String("tokenizer.ggml.pre")
		assert.Equal(t, c.want, pre, c.path)
		_, err = tokenizer.New(f)
		require.NoError(t, err)
	}
}

// small is a tokenizer.json of five tokens, with more in it.
func small(more string) fstest.MapFS {
	return fstest.MapFS{TokenizerName: {Data: []byte(`{"added_tokens": [{"id": 3, "content": "<s>", "special": true}, {"id": 4, "content": "▁x", "special": false}],
		"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}` + more + `}`)}}
}

func TestSpecialTokens(t *testing.T) {
	fsys := small(`, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A"}}]}`)
	fsys[TokenizerConfigName] = &fstest.MapFile{Data: []byte(`{"bos_token": {"content": "<s>"}, "pad_token": null}`)}
	fsys[SpecialTokensName] = &fstest.MapFile{Data: []byte(`{"pad_token": "b"}`)}
	fsys[GenerationName] = &fstest.MapFile{Data: []byte(`{"eos_token_id": [1, 2, 99]}`)}
	f, err := vocabularyOf(fsys, 6, map[string]any{"unk_token_id": files.Number("0"), "eos_token_id": files.Number("2")})
	require.NoError(t, err)
	for key, want := range map[string]int64{"bos_token_id": 3, "eos_token_id": 2, "eot_token_id": 1, "unknown_token_id": 0, "padding_token_id": 1} {
		got, ok := f.Int("tokenizer.ggml." + key)
		assert.True(t, ok, key)
		assert.Equal(t, want, got, key)
	}
	add, _ := f.Bool("tokenizer.ggml.add_bos_token")
	assert.True(t, add)
	add, ok := f.Bool("tokenizer.ggml.add_eos_token")
	assert.True(t, ok && !add)
	tokens, _ := f.Strings("tokenizer.ggml.tokens")
	assert.Equal(t, []string{"a", "b", "ab", "<s>", " x", "[PAD5]"}, tokens)
	types, _ := f.Ints("tokenizer.ggml.token_type")
	assert.Equal(t, []int64{1, 1, 1, 3, 4, 5}, types)
	merges, _ := f.Strings("tokenizer.ggml.merges")
	assert.Equal(t, []string{"a b"}, merges)
}

func TestBrokenTokenizers(t *testing.T) {
	for _, c := range []struct {
		name string
		fsys fstest.MapFS
		size int64
		want string
	}{
		{"none", fstest.MapFS{}, 5, "neither tokenizer.json nor tokenizer.model"},
		{"no JSON", fstest.MapFS{TokenizerName: {Data: []byte(`{"model": 1`)}}, 5, "tokenizer.json"},
		{"a list", fstest.MapFS{TokenizerName: {Data: []byte(`{"model": {"type": "BPE", "vocab": [1]}}`)}}, 5, "model.vocab"},
		{"token outside", small(""), 4, `token " x" has the id 4, but vocab_size of config.json is 4`},
		{"no pairs", fstest.MapFS{TokenizerName: {Data: []byte(`{"model": {"type": "Unigram", "vocab": [["a"]]}}`)}}, 5, "entry 0 is no pair"},
		{"no unknown", fstest.MapFS{TokenizerName: {Data: []byte(`{"model": {"type": "Unigram", "vocab": [["a", -1.5]]}}`)}}, 5, "unk_id is -1"},
		{"two of a number", fstest.MapFS{TokenizerName: {Data: []byte(`{"model": {"vocab": {"a": 1, "b": 1}}}`)}}, 5, "both have the id 1"},
		{"config is no object", func() fstest.MapFS {
			f := small("")
			f[TokenizerConfigName] = &fstest.MapFile{Data: []byte("[]")}
			return f
		}(), 5, TokenizerConfigName},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := vocabularyOf(c.fsys, c.size, map[string]any{})
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
		})
	}
	for name, text := range map[string]string{
		"WordLevel":      `{"model": {"type": "WordLevel", "vocab": {}}}`,
		"prefix than ##": `{"model": {"type": "WordPiece", "continuing_subword_prefix": "@", "vocab": {"a": 0}}}`,
		"clean_text":     `{"normalizer": {"type": "BertNormalizer", "clean_text": false}, "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {"type": "WordPiece", "continuing_subword_prefix": "##", "vocab": {"a": 0}}}`,
		"BertPreTokeniz": `{"normalizer": {"type": "BertNormalizer"}, "model": {"type": "WordPiece", "continuing_subword_prefix": "##", "vocab": {"a": 0}}}`,
		"byte_fallback":  `{"model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0]]}}`,
		"normalizer Nmt": `{"normalizer": {"type": "Nmt"}, "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0]]}}`,
		"spaces that":    `{"pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "always"}, "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0]]}}`,
		"no name for":    `{"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "x+"}}, {"type": "ByteLevel", "use_regex": false}]}, "model": {"vocab": {"a": 0}}}`,
		"of neither byt": `{"model": {"vocab": {"a": 0}}}`,
	} {
		_, err := vocabularyOf(fstest.MapFS{TokenizerName: {Data: []byte(text)}}, 1, map[string]any{})
		var ue *errs.UnsupportedError
		require.ErrorAs(t, err, &ue, name)
		assert.ErrorContains(t, err, name)
	}
}

// TestConvertedVocabularies: the vocabulary of a tokenizer.json as GGUF gives the ids that
// the file itself gives.
func TestConvertedVocabularies(t *testing.T) {
	data := func(name string) fstest.MapFS {
		b, err := os.ReadFile("../tokenizer/testdata/hf/" + name)
		require.NoError(t, err)
		b = regexp.MustCompile(`"(clean_text|handle_chinese_chars)": ?false`).ReplaceAll(b, []byte(`"$1": true`)) // GGUF has no other form
		b = regexp.MustCompile(`"max_input_chars_per_word": ?8\b`).ReplaceAll(b, []byte(`"max_input_chars_per_word": 100`))
		return fstest.MapFS{TokenizerName: {Data: b}, TokenizerConfigName: {Data: []byte(`{"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]"}`)}}
	}
	for name, c := range map[string]struct {
		fsys fstest.MapFS
		size int64
		kind string
	}{
		"bert-uncased": {data("bert-uncased.json"), 1000, "bert"},
		"bert-cased":   {data("bert-cased.json"), 1000, "bert"},
		"t5-small":     {folder(t, map[string]string{TokenizerConfigName: `{"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}`}, "ort-ext", "t5-small", "tokenizer.json"), 32100, "t5"},
	} {
		t.Run(name, func(t *testing.T) { sameIDs(t, c.fsys, c.size, c.kind) })
	}
}

func sameIDs(t *testing.T, fsys fstest.MapFS, size int64, kind string) {
	values := map[string]any{}
	if kind == "bert" {
		values["type_vocab_size"] = files.Number("2")
	}
	f, err := vocabularyOf(fsys, size, values)
	require.NoError(t, err)
	converted, err := tokenizer.New(f)
	require.NoError(t, err)
	assert.Equal(t, kind, converted.Kind())
	types, typed := f.Uint("tokenizer.ggml.token_type_count")
	assert.Equal(t, kind == "bert", typed)
	assert.Equal(t, map[string]uint64{"bert": 2}[kind], types)
	original, err := tokenizer.FromJSON(fsys[TokenizerName].Data, tokenizer.Hints{})
	require.NoError(t, err)
	raw, err := os.ReadFile("../tokenizer/testdata/vectors.json")
	require.NoError(t, err)
	var vectors struct{ Texts []string }
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.NotEmpty(t, vectors.Texts)
	for _, text := range vectors.Texts {
		if kind == "bert" && slices.ContainsFunc(strings.Fields(text), func(w string) bool { return len(w) > 100 }) {
			continue // such a word is unknown in tokenizer.json, and is cut up in GGUF: docs/tokenizers.md
		}
		for _, special := range []bool{true, false} {
			o := tokenizer.EncodeOptions{AddSpecial: special, ParseSpecial: special || strings.Contains(text, "<")} // Hugging Face always does
			want, err := original.Encode(text, o)
			require.NoError(t, err)
			got, err := converted.Encode(text, o)
			require.NoError(t, err)
			assert.Equal(t, want, got, "%q %v", text, special)
		}
	}
}

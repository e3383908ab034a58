package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// ownFiles opens the tokenizers of testdata.
func ownFiles(t testing.TB) map[string]*Tokenizer {
	paths, err := filepath.Glob("testdata/hf/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	toks := map[string]*Tokenizer{}
	for _, p := range paths {
		toks[strings.TrimSuffix(filepath.Base(p), ".json")] = openFile(t, p)
	}
	return toks
}

// TestLongWords encodes a megabyte without a space: what takes quadratic time does
// not come to an end.
func TestLongWords(t *testing.T) {
	const large, small = 1 << 20, 1 << 16 // the large size for a tokenizer of each kind
	r := rand.New(rand.NewPCG(5, 6))
	mixed := make([]byte, large)
	for i := range mixed {
		mixed[i] = "abehtinrs"[r.IntN(9)]
	}
	toks := ownFiles(t)
	for _, kind := range []string{"llama", "gpt2", "bert", "t5"} {
		tok, err := tiny(t, kind, nil)
		require.NoError(t, err)
		toks["GGUF "+kind] = tok
	}
	for name, tok := range toks {
		t.Run(name, func(t *testing.T) {
			n := small
			if strings.HasPrefix(name, "GGUF") || name == "deepseek-v3" || name == "llama2" {
				n = large
			}
			for _, text := range []string{strings.Repeat("a", n), string(mixed[:n]), strings.Repeat(" ", small) + "x", strings.Repeat("A", small), strings.Repeat("漢", small/3)} {
				ids, err := tok.Encode(text, EncodeOptions{ParseSpecial: true})
				require.NoError(t, err)
				require.NotEmpty(t, ids)
			}
		})
	}
}

// TestByteLevelRoundTrip: what a byte-level tokenizer without a normalizer
// encodes comes back, whatever it is.
func TestByteLevelRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for name, tok := range ownFiles(t) {
		p := tok.coder.(*pipeline)
		if p.normalize != nil || !strings.Contains("falcon deepseek-v3 o200k", name) {
			continue
		}
		for range 300 {
			text := randomText(r, 40)
			ids, err := tok.Encode(text, EncodeOptions{})
			require.NoError(t, err)
			got, err := tok.Decode(ids)
			require.NoError(t, err)
			require.Equal(t, text, got, name)
		}
	}
}

// TestStreamKinds: pushed one by one, the tokens of a continuation give the text
// that they have in the whole.
func TestStreamKinds(t *testing.T) {
	for name, tok := range ownFiles(t) {
		text := "the answer is in here, and more."
		ids, err := tok.Encode(text, EncodeOptions{})
		require.NoError(t, err)
		s := tok.NewStream()
		var b strings.Builder
		for _, id := range ids {
			b.WriteString(s.Push(id))
		}
		b.WriteString(s.Flush())
		want, err := tok.Decode(ids)
		require.NoError(t, err)
		got := strings.TrimPrefix(b.String(), " ")
		if !strings.Contains(want, "<unk>") && !strings.Contains(want, "[UNK]") { // a stream leaves those out
			assert.Equal(t, strings.TrimPrefix(want, " "), got, name)
		}
	}
}

func TestBrokenJSON(t *testing.T) {
	base, err := os.ReadFile("testdata/hf/deepseek-v3.json")
	require.NoError(t, err)
	set := func(path string, value any) []byte {
		var o map[string]any
		require.NoError(t, json.Unmarshal(base, &o))
		at, parts := o, strings.Split(path, ".")
		for _, p := range parts[:len(parts)-1] {
			at = at[p].(map[string]any)
		}
		at[parts[len(parts)-1]] = value
		b, err := json.Marshal(o)
		require.NoError(t, err)
		return b
	}
	list := func(x ...any) []any { return x }
	type m = map[string]any
	double := make([]any, 20)
	for i := range double {
		double[i] = m{"type": "Replace", "pattern": m{"String": "a"}, "content": "aa"}
	}
	for _, c := range []struct {
		name        string
		file        []byte
		unsupported bool
		want        string
	}{
		{"empty", nil, false, "JSON"},
		{"cut off", base[:len(base)/2], false, "JSON"},
		{"two values", append(bytes.Clone(base), "{}"...), false, "more than one"},
		{"a list", []byte("[]"), false, "no JSON object"},
		{"deep", []byte(strings.Repeat(`{"a":`, 5000)), false, "levels"},
		{"no model", []byte(`{}`), false, "no model"},
		{"not UTF-8", bytes.Replace(base, []byte("<think>"), []byte("<\xff\xfe>"), 1), false, "JSON"},
		{"lone surrogate", bytes.Replace(base, []byte("<think>"), []byte(`<\ud800>`), 1), false, "JSON"},
		{"key twice", []byte(`{"model":{"type":"BPE"},"model":{}}`), false, "twice"},
		{"token twice", []byte(`{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}`), false, "twice"},
		{"id twice", []byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}`), false, "same id"},
		{"id of an added token taken", []byte(`{"added_tokens":[{"id":0,"content":"x"}],"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}`), false, "same id"},
		{"huge id", []byte(`{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}`), false, "2000000000"},
		{"id with a fraction", []byte(`{"model":{"type":"BPE","vocab":{"a":0.5},"merges":[]}}`), false, "no token id"},
		{"merge of unknown tokens", set("model.merges", list(list("a", "zzz"))), false, "not in the vocabulary"},
		{"merge of nothing", set("model.merges", list(list("a", ""))), false, "empty part"},
		{"merge of one part", set("model.merges", list("ab")), false, "no two parts"},
		{"merge of three parts", set("model.merges", list(list("a", "b", "c"))), false, "place of"},
		{"no merges", set("model.merges", nil), false, "place of"},
		{"vocabulary of another kind", set("model.vocab", list(list("a", -1))), false, "not one of BPE"},
		{"string for a bool", set("model.ignore_merges", "yes"), false, "true or false"},
		{"unknown unk_token", set("model.unk_token", "nope"), false, "unk_token"},
		{"dropout", set("model.dropout", 0.1), true, "dropout"},
		{"model", set("model.type", "Morse"), true, "Morse"},
		{"normalizer", set("normalizer", m{"type": "Martian"}), true, "Martian"},
		{"normalizers that double a text", set("normalizer", m{"type": "Sequence", "normalizers": double}), true, "normalizer: what could make a text more than 1024 times as long"},
		{"such in a sequence", set("normalizer", m{"type": "Sequence", "normalizers": list(m{"type": "Sequence", "normalizers": double[:8]}, m{"type": "ByteLevel"}, m{"type": "Sequence", "normalizers": double[:8]})}), true, "times as long"},
		{"one with a long text", set("normalizer", m{"type": "Replace", "pattern": m{"String": "a"}, "content": strings.Repeat("b", 1025)}), true, "times as long"},
		{"a prefix that is replaced", set("normalizer", m{"type": "Sequence", "normalizers": list(m{"type": "Prepend", "prepend": strings.Repeat("a", 1000)}, double[0])}), true, "times as long"},
		{"charsmaps that double a text", set("normalizer", m{"type": "Sequence", "normalizers": slices.Repeat(list(m{"type": "Precompiled", "precompiled_charsmap": base64.StdEncoding.EncodeToString([]byte("\x04\x00\x00\x00\x00\x00\x00\x00aaaa\x00"))}), 6)}), true, "times as long"},
		{"such decoders", set("decoder", m{"type": "Sequence", "decoders": append(list(m{"type": "Fuse"}), double...)}), true, "decoder: what could"},
		{"pre-tokenizer", set("pre_tokenizer", m{"type": "Martian"}), true, "Martian"},
		{"pre-tokenizer of a sequence", set("pre_tokenizer", m{"type": "Sequence", "pretokenizers": list(m{"type": "Martian"})}), true, "Martian"},
		{"behavior", set("pre_tokenizer", m{"type": "Split", "pattern": m{"String": "a"}, "behavior": "Martian"}), true, "Martian"},
		{"regular expression", set("pre_tokenizer", m{"type": "Split", "pattern": m{"Regex": "(?R)"}, "behavior": "Isolated"}), true, "regular expression"},
		{"decoder", set("decoder", m{"type": "CTC"}), true, "CTC"},
		{"post-processor", set("post_processor", m{"type": "Martian"}), true, "Martian"},
		{"template without the text", set("post_processor", m{"type": "TemplateProcessing", "single": list()}), false, "no place"},
		{"template of a token beyond", set("post_processor", m{"type": "BertProcessing", "cls": list("a", 99999), "sep": list("a", 1)}), false, "99999"},
		{"charsmap", set("normalizer", m{"type": "Precompiled", "precompiled_charsmap": "AAA="}), false, "charsmap"},
		{"charsmap that is no base64", set("normalizer", m{"type": "Precompiled", "precompiled_charsmap": "!"}), false, "base64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := FromJSON(c.file, Hints{})
			var fe *errs.FormatError
			var ue *errs.UnsupportedError
			if c.unsupported {
				require.ErrorAs(t, err, &ue)
			} else {
				require.ErrorAs(t, err, &fe)
			}
			assert.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "tokenizer: ")
		})
	}
}

func TestHints(t *testing.T) {
	b, err := os.ReadFile("testdata/hf/llama2.json")
	require.NoError(t, err)
	id := func(s string) int32 { return openFile(t, "testdata/hf/llama2.json").ids[s] }
	tok, err := FromJSON(b, Hints{
		Config:        []byte(`{"bos_token":{"content":"<s>"},"add_bos_token":true,"added_tokens_decoder":{"900":{"content":"<|im_end|>","special":true}}}`),
		SpecialTokens: []byte(`{"eos_token":"</s>"}`), Ends: []int32{5}, Size: 1000,
	})
	require.NoError(t, err)
	bos, ok := tok.BOS()
	assert.True(t, ok)
	assert.Equal(t, id("<s>"), bos)
	eos, ok := tok.EOS()
	assert.True(t, ok)
	assert.Equal(t, id("</s>"), eos)
	for _, end := range []int32{eos, 5, 900} {
		assert.True(t, tok.IsEndOfGeneration(end), "%d", end)
	}
	assert.False(t, tok.IsEndOfGeneration(bos))
	assert.Equal(t, 1000, tok.VocabSize())
	ids, err := tok.Encode("a<|im_end|>", EncodeOptions{AddSpecial: true, ParseSpecial: true})
	require.NoError(t, err)
	assert.Equal(t, bos, ids[0])
	assert.Equal(t, int32(900), ids[len(ids)-1])
	text, err := tok.Decode([]int32{999, 901})
	require.NoError(t, err)
	assert.Empty(t, text, "ids without a token")

	for want, h := range map[string]Hints{
		"tokenizer_config.json":   {Config: []byte(`{`)},
		"true or false":           {Config: []byte(`{"add_bos_token":1}`)},
		"special_tokens_map.json": {SpecialTokens: []byte(`3`)},
		"no token id":             {Config: []byte(`{"added_tokens_decoder":{"x":{}}}`)},
		"token 77777":             {Ends: []int32{77777}},
		"rows":                    {Size: 1 << 30},
	} {
		_, err := FromJSON(b, h)
		var fe *errs.FormatError
		require.ErrorAs(t, err, &fe, want)
		assert.ErrorContains(t, err, want)
	}
}

// spModelFile writes a SentencePiece model of a few pieces.
func spModelFile(modelType byte, pieces ...string) []byte {
	var b []byte
	for i, p := range pieces {
		kind := byte(typeNormal)
		if i == 0 {
			kind = typeUnknown
		}
		inner := append([]byte{0x0A, byte(len(p))}, p...)
		inner = append(inner, 0x15, 0, 0, 0x80, 0xBF, 0x18, kind) // score -1
		b = append(append(b, 0x0A, byte(len(inner))), inner...)
	}
	return append(b, 0x12, 2, 0x18, modelType)
}

func TestBrokenSentencePiece(t *testing.T) {
	good := spModelFile(modelBPE, "<unk>", "a", "▁a")
	tok, err := FromSentencePiece(good, Hints{})
	require.NoError(t, err)
	ids, err := tok.Encode("a", EncodeOptions{})
	require.NoError(t, err)
	assert.Equal(t, []int32{2}, ids)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "empty"},
		{"cut off", good[:len(good)-6], "cut off"},
		{"no unknown piece", []byte{0x0A, 3, 0x0A, 1, 'a'}, "unknown"},
		{"wire type", []byte{0x0B}, "wire type"},
		{"field 0", []byte{0x02, 0}, "broken field"},
		{"a length beyond the file", []byte{0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, "cut off"},
		{"piece twice", spModelFile(modelBPE, "<unk>", "a", "a"), "twice"},
		{"empty piece", spModelFile(modelBPE, "<unk>", ""), "empty"},
		{"not UTF-8", spModelFile(modelBPE, "<unk>", "\xff"), "UTF-8"},
		{"type of piece", []byte{0x0A, 5, 0x0A, 1, 'a', 0x18, 9}, "type 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := FromSentencePiece(c.file, Hints{})
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
		})
	}
	for _, file := range [][]byte{spModelFile(4, "<unk>", "a"), []byte("IQ== 0\nIg== 1\n")} {
		_, err := FromSentencePiece(file, Hints{})
		var ue *errs.UnsupportedError
		require.ErrorAs(t, err, &ue)
	}
}

// TestHostileCharsMap: offsets in a map that lead out of it end the search.
func TestHostileCharsMap(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		data := make([]byte, 4+64+5)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		data[0], data[1], data[2], data[3] = 64, 0, 0, 0
		data[len(data)-1] = 0
		m, err := newCharsMap(data)
		require.NoError(t, err)
		m.apply(randomText(r, 20))
	}
}

// TestHugeStrip: a count in a file is no reason to count that far.
func TestHugeStrip(t *testing.T) {
	tok, err := FromJSON([]byte(`{"decoder":{"type":"Strip","content":" ","start":2000000000,"stop":2000000000},"model":{"type":"BPE","vocab":{" ":0,"a":1},"merges":[]}}`), Hints{})
	require.NoError(t, err)
	for range 1000 {
		text, err := tok.Decode([]int32{0, 1, 0, 0})
		require.NoError(t, err)
		require.Equal(t, "a", text)
	}
}

func FuzzFromJSON(f *testing.F) {
	paths, err := filepath.Glob("testdata/hf/*.json")
	require.NoError(f, err)
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(f, err)
		if len(b) < 3000 {
			f.Add(b, "Hello <unk> a  b")
		}
	}
	f.Add([]byte(`{"added_tokens":[{"id":2,"content":"<x>","lstrip":true,"normalized":true}],"normalizer":{"type":"Prepend","prepend":"_"},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"a+(?!b)"},"behavior":"MergedWithNext"},"decoder":{"type":"Strip","content":" ","start":1},"post_processor":{"type":"BertProcessing","cls":["a",0],"sep":["b",1]},"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":3},"merges":["a b"]}}`), "ab <x> aab")
	f.Add([]byte(`{"model":{"unk_id":0,"vocab":[["a",-1],["ab",-1.5]],"byte_fallback":true}}`), "abc")
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		tok, err := FromJSON(file, Hints{})
		if err != nil {
			return
		}
		text = text[:min(len(text), 200)]
		ids, err := tok.Encode(text, EncodeOptions{AddSpecial: true, ParseSpecial: true})
		if err != nil {
			return
		}
		_, err = tok.Decode(ids)
		require.NoError(t, err)
	})
}

func FuzzFromSentencePiece(f *testing.F) {
	f.Add(spModelFile(modelBPE, "<unk>", "a", "▁", "▁a"), "a aa")
	f.Add(spModelFile(modelUnigram, "<unk>", "a", "▁", "▁a"), "a aa\xff")
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		tok, err := FromSentencePiece(file, Hints{})
		if err != nil {
			return
		}
		ids, err := tok.Encode(text[:min(len(text), 200)], EncodeOptions{AddSpecial: true, ParseSpecial: true})
		if err != nil {
			return
		}
		_, err = tok.Decode(ids)
		require.NoError(t, err)
	})
}

// TestGGUFCharsMap: the map of a t5-small tokenizer, in a GGUF file.
func TestGGUFCharsMap(t *testing.T) {
	b, err := os.ReadFile(coretest.Shared(t, "thirdparty", "tokenizers", "ort-ext", "t5-small", "tokenizer.json"))
	require.NoError(t, err)
	var o struct {
		Normalizer struct {
			Map string `json:"precompiled_charsmap"`
		}
	}
	require.NoError(t, json.Unmarshal(b, &o))
	data, err := base64.StdEncoding.DecodeString(o.Normalizer.Map)
	require.NoError(t, err)
	tok, err := tiny(t, "t5", func(_ *gguf.Writer, k map[string]any) { k["tokenizer.ggml.precompiled_charsmap"] = data })
	require.NoError(t, err)
	for _, text := range []string{"ab", "ａｂ", "ⓐb"} {
		ids, err := tok.Encode(text, EncodeOptions{})
		require.NoError(t, err)
		assert.Equal(t, []int32{6}, ids, text)
	}
}

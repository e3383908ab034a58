package llama2c_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/llama2c"
)

func open(model, tok []byte) (*gguf.File, error) {
	w, err := llama2c.Open(bytes.NewReader(model), int64(len(model)), tok)
	if err != nil {
		return nil, err
	}
	r, size, err := w.Reader()
	if err != nil {
		return nil, err
	}
	return gguf.Read(r, size)
}

func read(t testing.TB, name string) []byte {
	b, err := os.ReadFile(coretest.Shared(t, "thirdparty", "models", "stories260K", name))
	require.NoError(t, err)
	return b
}

func tensorBytes(t testing.TB, f *gguf.File, x *gguf.Tensor) []byte {
	b := make([]byte, x.Size)
	require.NoError(t, f.ReadTensor(x, b, 0))
	return b
}

// TestStories260K compares with the GGUF file of the same model: the same sizes,
// vocabulary and values.
func TestStories260K(t *testing.T) {
	got, err := open(read(t, "stories260K.bin"), read(t, "tok512.bin"))
	require.NoError(t, err)
	b := read(t, "stories260K.gguf")
	want, err := gguf.Read(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	for i := range want.Tensors {
		x := &want.Tensors[i]
		y, ok := got.Tensor(x.Name)
		if x.Name == "output.weight" && !ok { // the GGUF file has the shared matrix twice
			y, ok = got.Tensor("token_embd.weight")
		}
		require.True(t, ok, x.Name)
		require.Equal(t, x.Shape, y.Shape, x.Name)
		require.Equal(t, tensorBytes(t, want, x), tensorBytes(t, got, y), x.Name)
	}
	for _, key := range []string{"llama.block_count", "llama.embedding_length", "llama.feed_forward_length", "llama.attention.head_count", "llama.attention.head_count_kv",
		"llama.rope.dimension_count", "llama.attention.layer_norm_rms_epsilon"} {
		w, ok := want.Float(key)
		g, _ := got.Float(key)
		assert.True(t, ok, key)
		assert.Equal(t, w, g, key)
	}
	w, _ := want.Strings("tokenizer.ggml.tokens")
	g, _ := got.Strings("tokenizer.ggml.tokens")
	assert.Equal(t, w, g)
	ws, _ := want.Floats("tokenizer.ggml.scores")
	gs, _ := got.Floats("tokenizer.ggml.scores")
	assert.Equal(t, ws, gs)
	wt, _ := want.Ints("tokenizer.ggml.token_type")
	gt, _ := got.Ints("tokenizer.ggml.token_type")
	assert.Equal(t, wt, gt)
}

// sizes of the small model that the tests below write.
const (
	dim, hidden, layers, heads, kvHeads, vocab, context = 8, 12, 2, 2, 1, 5, 16
	group                                               = 4
)

// tokenizer is a tokenizer.bin with so many tokens.
func tokenizer(n int) []byte {
	b := []byte{9, 0, 0, 0}
	for i := range n {
		text := []string{"<unk>", "\n<s>\n", "\n</s>\n", "<0x41>", " a"}[i%5]
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(-float32(i)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return b
}

// value is what the tests' models hold at a place: a small integer times a power of
// two, so that int8 keeps it.
func value(name string, layer, i int) float32 {
	q := (len(name)*31+layer*17+i*7)%255 - 127
	if i%group == 0 {
		q = 127 // the scale is then 2^-5
	}
	return float32(q) / 32
}

type writer struct {
	bytes.Buffer
	version int
}

func (w *writer) tensor(name string, count, each int) {
	norm := strings.HasSuffix(name, "norm")
	for layer := range count {
		if w.version == 2 && !norm {
			for i := range each {
				w.WriteByte(byte(int8(value(name, layer, i) * 32)))
			}
			for range each / group {
				binary.Write(w, binary.LittleEndian, float32(1.0/32))
			}
			continue
		}
		for i := range each {
			binary.Write(w, binary.LittleEndian, value(name, layer, i))
		}
	}
}

// write writes a model in one of the layouts, by the order of export.py.
func write(version int, shared bool) []byte {
	w := &writer{version: version}
	size := int32(vocab)
	if version == 0 && !shared {
		size = -vocab
	}
	if version > 0 {
		binary.Write(w, binary.LittleEndian, []int32{0x616b3432, int32(version)})
	}
	binary.Write(w, binary.LittleEndian, []int32{dim, hidden, layers, heads, kvHeads, size, context})
	if version > 0 {
		w.WriteByte(map[bool]byte{true: 1}[shared])
		if version == 2 {
			binary.Write(w, binary.LittleEndian, int32(group))
		}
		w.Write(make([]byte, 256-w.Len()))
	}
	kv := dim / heads * kvHeads
	matrices := func() {
		w.tensor("attn_q", layers, dim*dim)
		w.tensor("attn_k", layers, kv*dim)
		w.tensor("attn_v", layers, kv*dim)
		w.tensor("attn_output", layers, dim*dim)
	}
	ffn := func() {
		w.tensor("ffn_gate", layers, hidden*dim)
		w.tensor("ffn_down", layers, hidden*dim)
		w.tensor("ffn_up", layers, hidden*dim)
	}
	if version == 0 {
		w.tensor("token_embd", 1, vocab*dim)
		w.tensor("attn_norm", layers, dim)
		matrices()
		w.tensor("ffn_norm", layers, dim)
		ffn()
		w.tensor("output_norm", 1, dim)
		w.Write(make([]byte, 4*context*(dim/heads)))
	} else {
		w.tensor("attn_norm", layers, dim)
		w.tensor("ffn_norm", layers, dim)
		w.tensor("output_norm", 1, dim)
		w.tensor("token_embd", 1, vocab*dim)
		matrices()
		ffn()
	}
	if !shared {
		w.tensor("output", 1, vocab*dim)
	}
	return w.Bytes()
}

// TestVersions: all layouts give the same values, in whole tensors and in rows.
func TestVersions(t *testing.T) {
	for version := range 3 {
		for _, shared := range []bool{true, false} {
			f, err := open(write(version, shared), tokenizer(vocab))
			require.NoError(t, err, "version %d", version)
			_, has := f.Tensor("output.weight")
			assert.Equal(t, !shared, has)
			assert.Len(t, f.Tensors, 2+9*layers+map[bool]int{false: 1}[shared])
			for i := range f.Tensors {
				x := &f.Tensors[i]
				name, layer := strings.TrimSuffix(x.Name, ".weight"), 0
				if strings.HasPrefix(name, "blk.") {
					layer, name = int(name[4]-'0'), name[6:]
				}
				raw := tensorBytes(t, f, x)
				for k := range len(raw) / 4 {
					require.Equal(t, value(name, layer, k), math.Float32frombits(binary.LittleEndian.Uint32(raw[4*k:])), "version %d, %s, value %d", version, x.Name, k)
				}
				piece := make([]byte, 10)
				require.NoError(t, f.ReadTensor(x, piece, 17))
				require.Equal(t, raw[17:27], piece)
			}
			tokens, _ := f.Strings("tokenizer.ggml.tokens")
			assert.Equal(t, []string{"<unk>", "<s>", "</s>", "<0x41>", "▁a"}, tokens)
			types, _ := f.Ints("tokenizer.ggml.token_type")
			assert.Equal(t, []int64{2, 3, 3, 6, 1}, types)
		}
	}
}

func TestBroken(t *testing.T) {
	good, tok := write(0, true), tokenizer(vocab)
	change := func(b []byte, at int, n int32) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint32(b[at:], uint32(n))
		return b
	}
	for _, c := range []struct {
		name       string
		model, tok []byte
		want       string
	}{
		{"empty", nil, tok, "the file has 0 bytes"},
		{"cut off", good[:len(good)-4], tok, "header (version 0) says"},
		{"too long", append(bytes.Clone(good), 0, 0, 0, 0), tok, "header (version 0) says"},
		{"no layers", change(good, 8, 0), tok, "n_layers 0"},
		{"negative width", change(good, 0, -8), tok, "dim -8"},
		{"huge width", change(good, 0, 1<<30), tok, "dim 1073741824"},
		{"heads", change(good, 12, 3), tok, "don't fit"},
		{"half of version 1", write(1, true)[:100], tok, "within its header"},
		{"group", change(write(2, true), 37, 3), tok, "group_size of 3"},
		{"group 0", change(write(2, true), 37, 0), tok, "group_size of 0"},
		{"no tokenizer", good, nil, "the file has 0 bytes"},
		{"too few tokens", good, tokenizer(vocab - 1), "has 4 tokens, the model's vocab_size is 5"},
		{"too many tokens", good, tokenizer(vocab + 1), "more than the model's vocab_size 5"},
		{"token length", good, change(tok, 8, 1<<30), "token 0 has 1073741824 bytes"},
		{"negative token length", good, change(tok, 8, -1), "token 0 has -1 bytes"},
		{"score", good, change(tok, 4, 0x7fc00000), "no number as its score"},
		{"tokenizer cut off", good, tok[:len(tok)-9], "ends within token 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(c.model, c.tok)
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "llama2c: ")
		})
	}
	_, err := open(change(write(1, true), 4, 3), tok)
	var ue *errs.UnsupportedError
	require.ErrorAs(t, err, &ue)

	lost := errors.New("network lost")
	_, err = llama2c.Open(failing{lost}, 1000, tok)
	require.ErrorIs(t, err, lost)
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func FuzzOpen(f *testing.F) {
	for version := range 3 {
		f.Add(write(version, version == 1), tokenizer(vocab))
	}
	f.Fuzz(func(t *testing.T, model, tok []byte) {
		file, err := open(model, tok)
		if err != nil {
			return
		}
		for i := range file.Tensors {
			tensorBytes(t, file, &file.Tensors[i])
		}
	})
}

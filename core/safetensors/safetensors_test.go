package safetensors_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/internal/coretest"
	"github.com/gander-lm/gander/core/safetensors"
)

func read(b []byte) (*safetensors.File, error) {
	return safetensors.Read(bytes.NewReader(b), int64(len(b)))
}

// sample has a matrix, a vector, a single value and an empty tensor.
func sample(t testing.TB) []byte {
	return coretest.Safetensors(t,
		coretest.STensor{Name: "m", DType: "BF16", Shape: []int64{2, 3}, Raw: []byte("abcdefghijkl")},
		coretest.STensor{Name: "v", DType: "F32", Shape: []int64{2}, Raw: []byte("12345678")},
		coretest.STensor{Name: "one", DType: "I64", Raw: []byte("ABCDEFGH")},
		coretest.STensor{Name: "none", DType: "F32", Shape: []int64{0, 4}},
	)
}

func TestRead(t *testing.T) {
	b := sample(t)
	f, err := read(b)
	require.NoError(t, err)
	require.Len(t, f.Tensors, 4)
	m, ok := f.Tensor("m")
	require.True(t, ok)
	assert.Equal(t, []int64{2, 3}, m.Shape)
	assert.Equal(t, "BF16", m.DType)
	assert.Equal(t, int64(12), m.Size)
	got := make([]byte, 4)
	require.NoError(t, f.ReadTensor(m, got, 5))
	assert.Equal(t, "fghi", string(got))
	require.Error(t, f.ReadTensor(m, got, 9))
	require.Error(t, f.ReadTensor(m, got, -1))
	_, ok = f.Tensor("x")
	assert.False(t, ok)
	one, _ := f.Tensor("one")
	assert.Empty(t, one.Shape)

	f, err = read(append(coretest.SafetensorsHeader(`{"__metadata__":{"format":"pt"},"t":{"shape":[1],"dtype":"F4_NEW","data_offsets":[1,3]}}  `), 1, 2, 3))
	require.NoError(t, err, "spaces after the header, a hole, and a type that nobody has asked for yet")
	assert.Equal(t, map[string]string{"format": "pt"}, f.Metadata)
}

func TestTruncatedAnywhere(t *testing.T) {
	whole := sample(t)
	for n := range len(whole) {
		_, err := read(whole[:n])
		var fe *errs.FormatError
		require.ErrorAs(t, err, &fe, "cut at %d of %d", n, len(whole))
	}
	_, err := safetensors.Read(bytes.NewReader(whole[:20]), int64(len(whole)))
	var fe *errs.FormatError
	require.ErrorAs(t, err, &fe, "a reader that has less than it says")
}

func TestBroken(t *testing.T) {
	entry := func(s string) string { return `{"t":` + s + `}` }
	for _, c := range []struct{ name, header, want string }{
		{"no JSON", `hello`, "no JSON object"},
		{"a list", `[]`, "no JSON object"},
		{"empty", ``, "no JSON object"},
		{"not ended", `{"t":`, "no JSON object"},
		{"goes on", `{} {}`, "goes on"},
		{"a number", entry(`7`), `tensor "t"`},
		{"no dtype", entry(`{"shape":[1],"data_offsets":[0,4]}`), "no dtype"},
		{"no shape", entry(`{"dtype":"F32","data_offsets":[0,4]}`), "no dtype, shape"},
		{"no offsets", entry(`{"dtype":"F32","shape":[1]}`), "data_offsets"},
		{"backwards", entry(`{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`), "data_offsets 4 to 0"},
		{"negative", entry(`{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}`), "data_offsets -4"},
		{"past the end", entry(`{"dtype":"F32","shape":[4],"data_offsets":[0,16]}`), "in a file with 8 bytes"},
		{"huge offset", entry(`{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}`), `tensor "t"`},
		{"wrong size", entry(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`), "which needs 12"},
		{"negative dimension", entry(`{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}`), "impossible shape"},
		{"overflow", entry(`{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}`), "impossible shape"},
		{"many dimensions", entry(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}`), "9 dimensions"},
		{"twice", `{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, "twice"},
		{"metadata twice", `{"__metadata__":{},"__metadata__":{}}`, "twice"},
		{"metadata of numbers", `{"__metadata__":{"a":1}}`, "which is no text"},
		{"overlap", `{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, `"t" and "u" overlap`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(append(coretest.SafetensorsHeader(c.header), make([]byte, 8)...))
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "safetensors: ")
		})
	}
	_, err := read([]byte("GGUF\x03\x00\x00\x00 and more"))
	var fe *errs.FormatError
	require.ErrorAs(t, err, &fe)
	assert.ErrorContains(t, err, "not a safetensors file")

	lost := errors.New("network lost")
	_, err = safetensors.Read(failing{lost}, 1000)
	require.ErrorIs(t, err, lost)
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// shards is a folder of two shards with an index.
func shards(t testing.TB) fstest.MapFS {
	raw := make([]byte, 8)
	return coretest.ModelFolder(t, map[string]any{}, 2,
		coretest.STensor{Name: "a", DType: "F32", Shape: []int64{2}, Raw: []byte("aaaabbbb")},
		coretest.STensor{Name: "b", DType: "F32", Shape: []int64{2}, Raw: raw},
		coretest.STensor{Name: "c", DType: "F32", Shape: []int64{2}, Raw: raw},
		coretest.STensor{Name: "d", DType: "F32", Shape: []int64{2}, Raw: []byte("ddddeeee")})
}

func TestShards(t *testing.T) {
	s, err := safetensors.Open(shards(t))
	require.NoError(t, err)
	defer s.Close()
	assert.Equal(t, []string{"a", "b", "c", "d"}, s.Names())
	for name, part := range map[string]int{"a": 0, "b": 0, "c": 1, "d": 1} {
		x, got, ok := s.Tensor(name)
		require.True(t, ok)
		assert.Equal(t, part, got, name)
		assert.Equal(t, name, x.Name)
	}
	d, part, _ := s.Tensor("d")
	b := make([]byte, 8)
	require.NoError(t, s.Parts[part].ReadTensor(d, b, 0))
	assert.Equal(t, "ddddeeee", string(b))
	_, _, ok := s.Tensor("e")
	assert.False(t, ok)
	require.NoError(t, s.Close())
}

func TestBrokenShards(t *testing.T) {
	const second = "model-00002-of-00002.safetensors"
	index := func(text string) func(fstest.MapFS) {
		return func(f fstest.MapFS) { f[safetensors.IndexName].Data = []byte(text) }
	}
	for _, c := range []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"missing shard", func(f fstest.MapFS) { delete(f, second) }, "the shard " + second + " is missing"},
		{"broken shard", func(f fstest.MapFS) { f[second].Data = f[second].Data[:30] }, second},
		{"tensor elsewhere", index(fmt.Sprintf(`{"weight_map":{"a":%q}}`, second)), `tensor "a" is not in ` + second},
		{"outside of the folder", index(`{"weight_map":{"a":"../../etc/passwd"}}`), "no plain file name"},
		{"an absolute path", index(`{"weight_map":{"a":"/etc/passwd"}}`), "no plain file name"},
		{"no name", index(`{"weight_map":{"a":""}}`), "no plain file name"},
		{"no map", index(`{}`), "no weight_map"},
		{"no JSON", index(`{"weight_map":`), safetensors.IndexName},
		{"nothing", func(f fstest.MapFS) { delete(f, safetensors.IndexName) }, "neither model.safetensors nor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := shards(t)
			c.change(f)
			_, err := safetensors.Open(f)
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
		})
	}
	_, err := safetensors.Open(noReaderAt{shards(t)})
	var fe *errs.FormatError
	require.ErrorAs(t, err, &fe)
	assert.ErrorContains(t, err, "can't be read anywhere")
}

// noReaderAt has files that can only be read forward.
type noReaderAt struct{ fs.FS }

func (n noReaderAt) Open(name string) (fs.File, error) {
	f, err := n.FS.Open(name)
	return struct{ fs.File }{f}, err
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f))
	f.Add(append(coretest.SafetensorsHeader(`{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`), make([]byte, 8)...))
	f.Add(coretest.SafetensorsHeader(strings.Repeat("[", 300)))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := read(b)
		if err != nil {
			return
		}
		for i := range file.Tensors {
			x := &file.Tensors[i]
			require.NoError(t, file.ReadTensor(x, make([]byte, x.Size), 0))
		}
	})
}

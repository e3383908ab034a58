package gguf

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/quant"
)

// sample is a small file with a value of every kind and two tensors.
func sample(t testing.TB) []byte {
	w := NewWriter()
	w.Set("general.architecture", "llama")
	for _, v := range []struct {
		key   string
		value any
	}{
		{"u8", uint8(200)}, {"i8", int8(-3)}, {"u16", uint16(60000)}, {"i16", int16(-300)}, {"u32", uint32(1 << 31)}, {"i32", int32(-1)},
		{"u64", uint64(math.MaxUint64)}, {"i64", int64(-1 << 40)}, {"f32", float32(1.5)}, {"f64", 2.5}, {"yes", true},
		{"strings", []string{"a", "", "日本"}}, {"ints", []int32{-1, 2}}, {"floats", []float32{0.5}}, {"bools", []bool{true, false}}, {"none", []string{}},
	} {
		w.Set(v.key, v.value)
	}
	w.AddTensor("a", []int64{2, 3}, quant.F32, func(out io.Writer) error { _, err := out.Write(bytes.Repeat([]byte{1}, 24)); return err })
	w.AddTensor("b", []int64{32, 2}, quant.Q8_0, func(out io.Writer) error { _, err := out.Write(bytes.Repeat([]byte{2}, 68)); return err })
	var b bytes.Buffer
	n, err := w.WriteTo(&b)
	require.NoError(t, err)
	require.Equal(t, int64(b.Len()), n)
	return b.Bytes()
}

func read(b []byte) (*File, error) { return Read(bytes.NewReader(b), int64(len(b))) }

func TestRoundTrip(t *testing.T) {
	f, err := read(sample(t))
	require.NoError(t, err)
	assert.Equal(t, uint32(3), f.Version)
	arch, _ := f.String("general.architecture")
	assert.Equal(t, "llama", arch)
	u, ok := f.Uint("u64")
	assert.True(t, ok)
	assert.Equal(t, uint64(math.MaxUint64), u)
	_, ok = f.Uint("i8")
	assert.False(t, ok, "a negative number is no Uint")
	i, _ := f.Int("i64")
	assert.Equal(t, int64(-1<<40), i)
	x, _ := f.Float("f32")
	assert.Equal(t, 1.5, x)
	x, _ = f.Float("u16")
	assert.Equal(t, 60000.0, x)
	yes, _ := f.Bool("yes")
	assert.True(t, yes)
	_, ok = f.String("yes")
	assert.False(t, ok, "of another kind")
	ss, _ := f.Strings("strings")
	assert.Equal(t, []string{"a", "", "日本"}, ss)
	is, _ := f.Ints("ints")
	assert.Equal(t, []int64{-1, 2}, is)
	fs, _ := f.Floats("floats")
	assert.Equal(t, []float64{0.5}, fs)
	bs, _ := f.Bools("bools")
	assert.Equal(t, []bool{true, false}, bs)
	assert.Len(t, f.Keys(), 17)

	b, ok := f.Tensor("b")
	require.True(t, ok)
	assert.Equal(t, int64(68), b.Size)
	assert.Equal(t, 32, b.Cols())
	assert.Equal(t, 2, b.Rows())
	got := make([]byte, 4)
	require.NoError(t, f.ReadTensor(b, got, 64))
	assert.Equal(t, []byte{2, 2, 2, 2}, got)
	assert.Error(t, f.ReadTensor(b, got, 65))
	_, ok = f.Tensor("c")
	assert.False(t, ok)
}

func TestTruncatedAnywhere(t *testing.T) {
	whole := sample(t)
	end := len(whole) - 28 // the padding after the last tensor may be missing
	for n := range end {
		_, err := read(whole[:n])
		var fe *errs.FormatError
		require.ErrorAs(t, err, &fe, "cut at %d of %d", n, end)
	}
	// A reader that has less than it says.
	_, err := Read(bytes.NewReader(whole[:100]), int64(len(whole)))
	var fe *errs.FormatError
	require.ErrorAs(t, err, &fe)
}

// header is a file of version v with the given counts and body.
func header(v uint32, tensors, keys uint64, body ...any) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), v)
	b = binary.LittleEndian.AppendUint64(b, tensors)
	b = binary.LittleEndian.AppendUint64(b, keys)
	for _, x := range body {
		if s, ok := x.(string); ok {
			b = appendString(b, s)
			continue
		}
		b, _ = binary.Append(b, binary.LittleEndian, x)
	}
	return append(b, make([]byte, 256)...)
}

func TestBroken(t *testing.T) {
	huge := uint64(1) << 60
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "file ends"},
		{"wrong magic", append([]byte("GGML"), make([]byte, 64)...), "not a GGUF file"},
		{"tensor count", header(3, huge, 0), "at most"},
		{"key count", header(3, 0, huge), "at most"},
		{"more keys than bytes", header(3, 0, 1000), "need more than"},
		{"key length", header(3, 0, 1, huge), "at most"},
		{"value type", header(3, 0, 1, "k", uint32(13)), "unknown type 13"},
		{"array type", header(3, 0, 1, "k", uint32(typeArray), uint32(99), uint64(1)), "unknown type 99"},
		{"array length", header(3, 0, 1, "k", uint32(typeArray), uint32(typeUint64), uint64(1<<23)), "need more than"},
		{"string array length", header(3, 0, 1, "k", uint32(typeArray), uint32(typeString), uint64(1<<23)), "need more than"},
		{"truth value", header(3, 0, 1, "k", uint32(typeBool), uint8(7)), "truth value 7"},
		{"key twice", header(3, 0, 2, "k", uint32(typeUint8), uint8(1), "k", uint32(typeUint8), uint8(1)), "twice"},
		{"alignment", header(3, 0, 1, "general.alignment", uint32(typeUint32), uint32(48)), "power of two"},
		{"no dimensions", header(3, 1, 0, "t", uint32(0)), "0 dimensions"},
		{"five dimensions", header(3, 1, 0, "t", uint32(5)), "5 dimensions"},
		{"zero dimension", header(3, 1, 0, "t", uint32(2), uint64(4), uint64(0), uint32(0), uint64(0)), "impossible shape"},
		{"overflowing shape", header(3, 1, 0, "t", uint32(3), uint64(1<<30), uint64(1<<30), uint64(1<<30), uint32(0), uint64(0)), "impossible shape"},
		{"row is no whole block", header(3, 1, 0, "t", uint32(2), uint64(48), uint64(1), uint32(8), uint64(0)), `tensor "t": rows of 48 values are not whole Q8_0 blocks`},
		{"offset not aligned", header(3, 1, 0, "t", uint32(1), uint64(4), uint32(0), uint64(5)), "not a multiple"},
		{"offset far away", header(3, 1, 0, "t", uint32(1), uint64(4), uint32(0), uint64(1<<40)), "past the end"},
		{"larger than the file", header(3, 1, 0, "t", uint32(1), uint64(400), uint32(0), uint64(0)), "past the end"},
		{"tensor twice", header(3, 2, 0, "t", uint32(1), uint64(4), uint32(0), uint64(0), "t", uint32(1), uint64(4), uint32(0), uint64(32)), "twice"},
		{"overlap", header(3, 2, 0, "t", uint32(1), uint64(9), uint32(0), uint64(0), "u", uint32(1), uint64(4), uint32(0), uint64(32)), "overlap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(c.file)
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestUnsupported(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"version 1", header(1, 0, 0)},
		{"version 4", header(4, 0, 0)},
		{"big-endian", header(0x03000000, 0, 0)},
		{"nested array", header(3, 0, 1, "k", uint32(typeArray), uint32(typeArray), uint64(1))},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(c.file)
			var ue *errs.UnsupportedError
			require.ErrorAs(t, err, &ue)
		})
	}
	f, err := read(header(3, 1, 0, "t", uint32(1), uint64(4), uint32(77), uint64(0)))
	require.NoError(t, err, "an unknown tensor type is an error only for who needs the tensor")
	_, err = f.Tensors[0].Type()
	var ue *errs.UnsupportedError
	require.ErrorAs(t, err, &ue)
	assert.ErrorContains(t, err, `"t"`)
}

func TestVersion2(t *testing.T) {
	b := sample(t)
	b[4] = 2
	_, err := read(b)
	require.NoError(t, err)
}

func TestReadErrorIsKept(t *testing.T) {
	lost := errors.New("network lost")
	_, err := Read(failing{lost}, 1000)
	require.ErrorIs(t, err, lost)
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func TestWriterRejects(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func(*Writer)
	}{
		{"key twice", func(w *Writer) { w.Set("a", "x"); w.Set("a", "y") }},
		{"type", func(w *Writer) { w.Set("a", 1) }},
		{"shape", func(w *Writer) { w.AddTensor("t", []int64{33}, quant.Q8_0, nil) }},
		{"too few bytes", func(w *Writer) {
			w.AddTensor("t", []int64{4}, quant.F32, func(io.Writer) error { return nil })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := NewWriter()
			c.f(w)
			_, err := w.WriteTo(io.Discard)
			require.Error(t, err)
		})
	}
}

// TestGoldenHeaders reads the header of every golden model.
func TestGoldenHeaders(t *testing.T) {
	shared := cmp.Or(os.Getenv("GANDER_SHARED"), "../../../shared") // coretest, which knows, imports this package
	paths, _ := filepath.Glob(filepath.Join(shared, "golden", "*", "model.gguf"))
	if len(paths) == 0 {
		t.Skip("the golden models are not there")
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		f, err := read(b)
		require.NoError(t, err, p)
		assert.NotEmpty(t, f.Tensors, p)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f))
	f.Add(header(3, 1, 0, "t", uint32(1), uint64(4), uint32(0), uint64(0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := read(b)
		if err != nil {
			return
		}
		for i := range file.Tensors {
			tensor := &file.Tensors[i]
			if tensor.Size >= 0 {
				require.NoError(t, file.ReadTensor(tensor, make([]byte, tensor.Size), 0))
			}
		}
	})
}

// TestManyStrings reads an array that is longer than what is read at a time, with a
// string that is longer than that too.
func TestManyStrings(t *testing.T) {
	want := make([]string, 60000)
	for i := range want {
		want[i] = strings.Repeat(string(rune('a'+i%26)), i%23)
	}
	want[30000] = strings.Repeat("long", chunkBytes/2)
	w := NewWriter()
	w.Set("strings", want)
	w.Set("after", "them")
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(t, err)
	f, err := read(b.Bytes())
	require.NoError(t, err)
	got, _ := f.Strings("strings")
	assert.Equal(t, want, got)
	after, _ := f.String("after")
	assert.Equal(t, "them", after)

	for _, n := range []int{b.Len() / 4, b.Len() / 2, b.Len() - 40} {
		_, err := read(b.Bytes()[:n])
		var broken *errs.FormatError
		require.ErrorAs(t, err, &broken, n)
	}
}

// eagerEOF says with the last bytes of a file that it ends, which an io.ReaderAt may.
type eagerEOF struct{ b []byte }

func (r eagerEOF) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, r.b[off:])
	if off+int64(n) == int64(len(r.b)) {
		return n, io.EOF
	}
	return n, nil
}

// TestEndOfFileWithTheLastTensor: the end of the file is an error of what lies behind it only.
func TestEndOfFileWithTheLastTensor(t *testing.T) {
	w := NewWriter()
	w.AddTensor("a", []int64{8}, quant.F32, func(out io.Writer) error {
		_, err := out.Write(make([]byte, 32))
		return err
	})
	var file bytes.Buffer
	size, err := w.WriteTo(&file)
	require.NoError(t, err)
	f, err := Read(eagerEOF{file.Bytes()}, size)
	require.NoError(t, err)
	require.NoError(t, f.ReadTensor(&f.Tensors[0], make([]byte, 32), 0))
	f, err = Read(eagerEOF{file.Bytes()[:size-1]}, size)
	require.NoError(t, err)
	var fe *errs.FormatError
	require.ErrorAs(t, f.ReadTensor(&f.Tensors[0], make([]byte, 32), 0), &fe)
}

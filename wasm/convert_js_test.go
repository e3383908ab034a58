package wasm

import (
	"io"
	"io/fs"
	"reflect"
	"syscall/js"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/errs"
)

type inner struct {
	Temperature float64 `json:"temperature"`
	Seed        uint64  `json:"seed"`
}

type outer struct {
	inner
	MaxTokens int            `json:"maxTokens"`
	Stop      []string       `json:"stop"`
	IgnoreEOS bool           `json:"ignoreEOS"`
	Types     map[string]int `json:"types,omitempty"`
	hidden    int
}

// object makes a JavaScript object from its JSON text.
func object(t *testing.T, text string) js.Value {
	t.Helper()
	return js.Global().Get("JSON").Call("parse", text)
}

func TestFromJS(t *testing.T) {
	for _, c := range []struct {
		name, from string
		want       outer
		wantErr    string // the option that the error names
	}{
		{name: "nothing", from: `{}`, want: outer{MaxTokens: 7}},
		{name: "all", from: `{"temperature":0.5,"seed":9007199254740991,"maxTokens":3,"stop":["a","b"],"ignoreEOS":true}`,
			want: outer{inner: inner{0.5, 1<<53 - 1}, MaxTokens: 3, Stop: []string{"a", "b"}, IgnoreEOS: true}},
		{name: "unknown", from: `{"topK":1}`, wantErr: "topK"},
		{name: "field without a name", from: `{"hidden":1}`, wantErr: "hidden"},
		{name: "empty name", from: `{"":1}`, wantErr: ""},
		{name: "text for a number", from: `{"seed":"1"}`, wantErr: "seed"},
		{name: "number for a bool", from: `{"ignoreEOS":1}`, wantErr: "ignoreEOS"},
		{name: "null", from: `{"maxTokens":null}`, wantErr: "maxTokens"},
		{name: "numbers for texts", from: `{"stop":[1]}`, wantErr: "stop"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := outer{MaxTokens: 7}
			err := fromJS(&got, object(t, c.from))
			if c.want.MaxTokens == 0 {
				var option *errs.OptionError
				require.ErrorAs(t, err, &option)
				assert.Equal(t, c.wantErr, option.Option)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestToJS(t *testing.T) {
	value := outer{inner: inner{Temperature: 0.5}, MaxTokens: 3, Stop: []string{"a"}, hidden: 1}
	got := js.Global().Get("JSON").Call("stringify", toJS(reflect.ValueOf(value))).String()
	assert.JSONEq(t, `{"temperature":0.5,"seed":0,"maxTokens":3,"stop":["a"],"ignoreEOS":false}`, got)
	value.Types = map[string]int{"F32": 2}
	got = js.Global().Get("JSON").Call("stringify", toJS(reflect.ValueOf(value))).String()
	assert.JSONEq(t, `{"temperature":0.5,"seed":0,"maxTokens":3,"stop":["a"],"ignoreEOS":false,"types":{"F32":2}}`, got)
}

type nested struct {
	Inner *inner  `json:"inner"`
	List  []inner `json:"list"`
}

func TestFromJSNested(t *testing.T) {
	var got nested
	require.NoError(t, fromJS(&got, object(t, `{"inner":{"seed":3},"list":[{"temperature":2},{}]}`)))
	assert.Equal(t, nested{Inner: &inner{Seed: 3}, List: []inner{{Temperature: 2}, {}}}, got)
	for _, c := range []struct{ from, option, text string }{
		{`{"inner":{"sed":3}}`, "inner", "option sed: unknown"},
		{`{"list":[{"seed":"x"}]}`, "list", "option seed: want uint64"},
		{`{"inner":7}`, "inner", "want *wasm.inner"},
		{`{"inner":null}`, "inner", "want *wasm.inner"},
	} {
		var option *errs.OptionError
		require.ErrorAs(t, fromJS(&nested{}, object(t, c.from)), &option)
		assert.Equal(t, c.option, option.Option)
		assert.Contains(t, option.Error(), c.text)
	}
}

func TestToJSOfNumbers(t *testing.T) {
	type values struct {
		Weights   []float32 `json:"weights"`
		Positions []int32   `json:"positions,omitempty"`
		Layers    []int     `json:"layers"`
		Inner     *inner    `json:"inner"`
	}
	got := js.ValueOf(toJS(reflect.ValueOf(values{Weights: []float32{0.5, -1}, Positions: []int32{7}, Layers: []int{3}, Inner: &inner{Seed: 1}})))
	for name, class := range map[string]string{"weights": "Float32Array", "positions": "Int32Array", "layers": "Array", "inner": "Object"} {
		assert.Equal(t, class, got.Get(name).Get("constructor").Get("name").String(), name)
	}
	assert.Equal(t, -1.0, got.Get("weights").Index(1).Float())
	assert.Equal(t, 1, got.Get("inner").Get("seed").Int())
	got = js.ValueOf(toJS(reflect.ValueOf(values{})))
	assert.True(t, got.Get("positions").IsUndefined())
	assert.True(t, got.Get("inner").IsNull())
	assert.Equal(t, 0, got.Get("weights").Length())
}

func TestTypedArrays(t *testing.T) {
	for _, want := range [][]int32{{}, {1}, {-1, 1 << 30, 0}} {
		array := typedArray("Int32Array", want)
		assert.Equal(t, want, int32s(array))
		padded := js.Global().Get("Int32Array").New(len(want) + 2)
		padded.Call("set", array, 1)
		assert.Equal(t, want, int32s(padded.Call("subarray", 1, len(want)+1)), "a view that does not start at its buffer's beginning")
	}
}

func TestSource(t *testing.T) {
	// A source of 6 MB whose byte i is i mod 251.
	object := js.Global().Get("Function").New(`
		const file = Uint8Array.from({length: 6 << 20}, (_, i) => i % 251)
		return {size: file.length, read: async (offset, length) => {
			if (length > 4 << 20) throw new Error('too much at once')
			if (offset === 3) throw new Error('broken')
			return file.slice(offset, offset + length)
		}}`).Invoke()
	s := source{object}
	require.Len(t, s.parts(), 1)
	assert.Equal(t, int64(6<<20), s.parts()[0].Size)
	object.Set("parts", []any{1 << 20, 5 << 20})
	parts := s.parts()
	require.Len(t, parts, 2)
	assert.Equal(t, int64(5<<20), parts[1].Size)
	b := make([]byte, 4)
	assert.IsType(t, core.Parts{}, s.model())
	object.Set("names", []any{"config.json", "weights"})
	folder, ok := s.model().(core.Folder)
	require.True(t, ok)
	file, err := fs.ReadFile(folder, "config.json")
	require.NoError(t, err)
	require.Len(t, file, 1<<20)
	assert.Equal(t, byte(300%251), file[300])
	_, err = folder.Open("tokenizer.json")
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, err = parts[1].ReadAt(b, 7)
	require.NoError(t, err)
	assert.Equal(t, byte((1<<20+7)%251), b[0], "the second part begins where the first ends")
	_, err = parts[0].ReadAt(b, 1<<20-2)
	assert.Equal(t, io.EOF, err, "a part ends where the next begins")

	p := make([]byte, 5<<20)
	n, err := s.ReadAt(p, 100)
	require.NoError(t, err)
	assert.Equal(t, len(p), n)
	for _, i := range []int{0, 1, 4<<20 - 1, 4 << 20, 5<<20 - 1} {
		assert.Equal(t, byte((100+i)%251), p[i], "byte %d", i)
	}

	n, err = s.ReadAt(p[:10], 6<<20-4)
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, 4, n)

	_, err = s.ReadAt(p[:10], 3)
	assert.ErrorContains(t, err, "broken")
}

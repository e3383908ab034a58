package files_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
)

func TestReadObject(t *testing.T) {
	fsys := fstest.MapFS{"a.json": {Data: []byte(`{"n": 1.50, "big": 12345678901234567890, "s": "ä\n", "l": [true, null, {}], "o": {"x": -0}} ` + "\n")}, "d/x": {}}
	got, err := files.ReadObject(fsys, "a.json", 100)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"n": files.Number("1.50"), "big": files.Number("12345678901234567890"), "s": "ä\n",
		"l": []any{true, nil, map[string]any{}}, "o": map[string]any{"x": files.Number("-0")}}, got)

	list, err := files.ReadList(fstest.MapFS{"l.json": {Data: []byte(`[1, {"a": null}]`)}}, "l.json", 100)
	require.NoError(t, err)
	assert.Equal(t, []any{files.Number("1"), map[string]any{"a": nil}}, list)

	var fe *errs.FormatError
	_, err = files.ReadList(fsys, "a.json", 100)
	require.ErrorAs(t, err, &fe)
	assert.ErrorContains(t, err, "a.json is no JSON array")
	_, err = files.ReadObject(fsys, "a.json", 50)
	require.ErrorAs(t, err, &fe)
	assert.ErrorContains(t, err, "at most 50")
	_, _, _, err = files.Open(fsys, "d")
	require.ErrorAs(t, err, &fe)
	assert.ErrorContains(t, err, "d is a folder")
	_, err = files.Read(fsys, "b.json", 50)
	require.ErrorContains(t, err, "not exist")
}

func TestBrokenJSON(t *testing.T) {
	for _, text := range []string{``, `[]`, `null`, `{`, `{"a"}`, `{"a":1,}`, `{"a":1}{`, `{"a":1} x`, `{"a":{"b":1,"b":2}}`, `{"a":01}`, `{"a":NaN}`, `{"a":"` + "\x80" + `"}`,
		`{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`} {
		_, err := files.ParseObject("x.json", []byte(text))
		var fe *errs.FormatError
		require.ErrorAs(t, err, &fe, text)
		assert.ErrorContains(t, err, "x.json is no JSON object", text)
	}
}

func FuzzParseObject(f *testing.F) {
	f.Add([]byte(`{"a": [1, "x", {"b": null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := files.ParseObject("x", b); err != nil {
			var fe *errs.FormatError
			require.ErrorAs(t, err, &fe)
		}
	})
}

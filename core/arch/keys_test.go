package arch

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/gguf"
)

// keysOf returns the reader of a file that has these keys, of an architecture a.
func keysOf(t *testing.T, values map[string]any) *keys {
	t.Helper()
	w := gguf.NewWriter()
	for k, v := range values {
		w.Set("a."+k, v)
	}
	var b bytes.Buffer
	_, err := w.WriteTo(&b)
	require.NoError(t, err)
	f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	return &keys{f: f, prefix: "a."}
}

func TestWindowPatterns(t *testing.T) {
	for _, c := range []struct {
		name   string
		values map[string]any
		def    int
		want   []int
	}{
		{"nothing in the file", nil, 0, []int{0, 0, 0, 0, 0}},
		{"a default", nil, 7, []int{7, 7, 0, 7, 7}},
		{"a window", map[string]any{"attention.sliding_window": uint32(9)}, 7, []int{9, 9, 0, 9, 9}},
		{"a period", map[string]any{"attention.sliding_window": uint32(9), "attention.sliding_window_pattern": uint32(2)}, 0, []int{9, 0, 9, 0, 9}},
		{"a period of one", map[string]any{"attention.sliding_window": uint32(9), "attention.sliding_window_pattern": uint32(1)}, 0, []int{0, 0, 0, 0, 0}},
		{"layers", map[string]any{"attention.sliding_window": uint32(9), "attention.sliding_window_pattern": []bool{false, true, true, false, true}}, 0, []int{0, 9, 9, 0, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, k := &Config{NumLayers: 5, Layers: make([]LayerConfig, 5)}, keysOf(t, c.values)
			k.windows(config, c.def, everyBut(3))
			require.NoError(t, k.err)
			var got []int
			for _, l := range config.Layers {
				got = append(got, l.Window)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// TestWindowPatternFirst: where the first layer of a period has no window, that goes
// for a period of the file, too.
func TestWindowPatternFirst(t *testing.T) {
	for period, want := range map[uint32][]int{0: {0, 9, 9, 0, 9}, 2: {0, 9, 0, 9, 0}} {
		values := map[string]any{"attention.sliding_window": uint32(9)}
		if period > 0 {
			values["attention.sliding_window_pattern"] = period
		}
		config, k := &Config{NumLayers: 5, Layers: make([]LayerConfig, 5)}, keysOf(t, values)
		k.windows(config, 0, everyButFirst(3))
		require.NoError(t, k.err)
		for i, l := range config.Layers {
			assert.Equal(t, want[i], l.Window, "layer %d, period %d", i, period)
		}
	}
}

// TestKeysReject: a value of another kind or out of range is an error that names the key.
func TestKeysReject(t *testing.T) {
	config := &Config{NumLayers: 3, Layers: make([]LayerConfig, 3)}
	windows := func(k *keys) { k.windows(config, 0, everyBut(2)) }
	for _, c := range []struct {
		name  string
		key   string
		value any
		read  func(k *keys)
	}{
		{"no window", "attention.sliding_window", uint32(0), windows},
		{"text for a window", "attention.sliding_window", "8", windows},
		{"a period of none", "attention.sliding_window_pattern", uint32(0), windows},
		{"too few layers", "attention.sliding_window_pattern", []bool{true, false}, windows},
		{"numbers for layers", "attention.sliding_window_pattern", []int32{1, 0, 1}, windows},
		{"a number for a flag", "flag", uint32(1), func(k *keys) { k.flag("flag", false) }},
		{"a scale of none", "scale", float32(0), func(k *keys) { k.scale("scale") }},
		{"a cap below zero", "cap", float32(-1), func(k *keys) { k.cap("cap", 0) }},
		{"a base of none", "base", float32(0), func(k *keys) { k.base("base", 1) }},
		{"text for a number", "base", "x", func(k *keys) { k.base("base", 1) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := keysOf(t, map[string]any{c.key: c.value})
			c.read(k)
			var broken *errs.FormatError
			require.ErrorAs(t, k.err, &broken)
			assert.ErrorContains(t, k.err, `"a.`+c.key+`"`)
		})
	}
	k := keysOf(t, nil)
	assert.True(t, k.flag("flag", true))
	assert.Zero(t, k.scale("scale"))
	assert.Equal(t, float32(30), k.cap("cap", 30))
	assert.Equal(t, 1e4, k.base("base", 1e4))
	assert.NoError(t, k.err)
}

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/gguf"
)

const bundled = "../../www/models/stories.gguf"

// withTemplate writes the bundled model with a chat template.
func withTemplate(t *testing.T, source string) string {
	raw, err := os.ReadFile(bundled)
	require.NoError(t, err)
	f, err := gguf.Read(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	w := gguf.NewWriter()
	for _, k := range f.Keys() {
		v, _ := f.Value(k)
		w.Set(k, v)
	}
	w.Set("tokenizer.chat_template", source)
	for i := range f.Tensors {
		x := &f.Tensors[i]
		typ, err := x.Type()
		require.NoError(t, err)
		w.AddTensor(x.Name, x.Shape, typ, func(out io.Writer) error {
			_, err := out.Write(raw[x.Offset : x.Offset+x.Size])
			return err
		})
	}
	var b bytes.Buffer
	_, err = w.WriteTo(&b)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "model.gguf")
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	return path
}

func TestChatTemplate(t *testing.T) {
	const messages = `[{"role": "user", "content": "Hé <&>"}]`
	model := withTemplate(t, "{% for m in messages %}{{ m.content }}{% endfor %}|{{ tools|tojson }}|{{ add_generation_prompt }}|{{ strftime_now('%d %b %Y') }}|{{ mood }}\n")
	object := `{"messages": ` + messages + `, "tools": [{"z": 1, "a": 2}], "mood": "calm", "add_generation_prompt": false}`
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
		stdout      string
		stderr      string // a part
	}{
		{"ChatML", messages, []string{"-m", bundled}, 0, "<|im_start|>user\nHé <&><|im_end|>\n<|im_start|>assistant\n", "no chat template; this is ChatML"},
		{"JSON", messages, []string{"-m", bundled, "--json"}, 0, `{"prompt":"<|im_start|>user\nHé <&><|im_end|>\n<|im_start|>assistant\n"}` + "\n", ""},
		{"the model's", object, []string{"-m", model, "--now", "2025-07-10T12:00:00Z"}, 0, `Hé <&>|[{"z": 1, "a": 2}]|False|10 Jul 2025|calm`, ""},
		{"broken", messages, []string{"-m", withTemplate(t, "\n{{")}, 1, "", "line 2"},
		{"refused", messages, []string{"-m", withTemplate(t, "{{ raise_exception('not you') }}")}, 1, "", "not you"},
		{"no JSON", "hello", []string{"-m", bundled}, 2, "", "messages"},
		{"no messages", "{}", []string{"-m", bundled}, 2, "", "messages"},
		{"bad time", messages, []string{"-m", bundled, "--now", "noon"}, 2, "", "--now"},
		{"no model", messages, nil, 2, "", "-m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := gander(c.stdin, append([]string{"chat-template"}, c.args...)...)
			assert.Equal(t, c.code, code, stderr)
			assert.Equal(t, c.stdout, stdout)
			assert.Contains(t, stderr, c.stderr)
		})
	}
}

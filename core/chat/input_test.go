package chat

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/errs"
)

func TestDecodeInput(t *testing.T) {
	in, err := DecodeInput(strings.NewReader(`[{"role": "user", "content": "x"}]`))
	require.NoError(t, err)
	assert.True(t, in.AddGenerationPrompt)
	assert.Len(t, in.Messages, 1)

	in, err = DecodeInput(strings.NewReader(`{"messages": [{"role": "user", "content": "x"}], "tools": [{"z": 1, "a": 12345678901234567890, "b": 1.0}],
		"documents": [], "add_generation_prompt": false, "bos_token": "<b>", "eos_token": "<e>", "enable_thinking": false}`))
	require.NoError(t, err)
	parsed, err := Parse("{{ tools|tojson }}{{ tools }}{{ documents }}{{ add_generation_prompt }}{{ bos_token }}{{ eos_token }}{{ enable_thinking }}")
	require.NoError(t, err)
	got, err := parsed.Render(in)
	require.NoError(t, err)
	assert.Equal(t, `[{"z": 1, "a": 12345678901234567890, "b": 1.0}][{'z': 1, 'a': 12345678901234567890, 'b': 1.0}][]False<b><e>False`, got)

	for _, c := range []struct{ name, input, option string }{
		{"no JSON", "hello", "messages"},
		{"cut short", `[{"role": "user"`, "messages"},
		{"a number", "5", "messages"},
		{"no messages", "[]", "messages"},
		{"no messages in an object", "{}", "messages"},
		{"a message that is a text", `["hello"]`, "messages"},
		{"no role", `[{"content": "x"}]`, "messages"},
		{"a role that is a number", `[{"role": 5}]`, "messages"},
		{"tools that are none", `{"messages": [{"role": "user"}], "tools": {}}`, "tools"},
		{"a prompt that is a text", `{"messages": [{"role": "user"}], "add_generation_prompt": "yes"}`, "add_generation_prompt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := DecodeInput(strings.NewReader(c.input))
			var option *errs.OptionError
			require.True(t, errors.As(err, &option), "%v", err)
			assert.Equal(t, c.option, option.Option)
		})
	}
}

func TestMessages(t *testing.T) {
	parsed, err := Parse(ChatML)
	require.NoError(t, err)
	parts := NewObject()
	parts.Set("role", "user")
	parts.Set("content", []any{map[string]any{"type": "image"}, map[string]any{"type": "text", "text": " b "}})
	got, err := parsed.Render(Input{Messages: []any{Message{"system", "a\n"}, parts, map[string]any{"role": "assistant", "content": nil}}, AddGenerationPrompt: true})
	require.NoError(t, err)
	assert.Equal(t, "<|im_start|>system\na\n<|im_end|>\n<|im_start|>user\n b <|im_end|>\n<|im_start|>assistant\n<|im_end|>\n<|im_start|>assistant\n", got)
}

func TestObject(t *testing.T) {
	o := NewObject()
	for _, k := range []string{"b", "a", "c"} {
		o.Set(k, k)
	}
	o.Set("a", 5)
	o.Delete("b")
	o.Delete("q")
	o.Set("b", 6)
	assert.Equal(t, []string{"a", "c", "b"}, o.Keys())
	assert.Equal(t, 3, o.Len())
	for k, want := range map[string]any{"a": 5, "b": 6, "c": "c"} {
		v, ok := o.Get(k)
		assert.True(t, ok)
		assert.Equal(t, want, v)
	}
	_, ok := o.Get("q")
	assert.False(t, ok)
}

package core_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core"
	"github.com/gander-lm/gander/core/chat"
	"github.com/gander-lm/gander/core/internal/coretest"
)

// withTemplates opens a tiny model with these keys.
func withTemplates(t *testing.T, keys map[string]any) *core.Model {
	x := coretest.NewTiny()
	for k, v := range keys {
		x.Keys[k] = v
	}
	b := x.Bytes(t)
	m, err := core.Open(context.Background(), bytes.NewReader(b), int64(len(b)), core.Options{})
	require.NoError(t, err)
	return m
}

func TestChatTemplate(t *testing.T) {
	messages := []any{chat.Message{Role: "user", Content: "ab"}}
	tools := []any{map[string]any{"name": "f"}}
	const key = "tokenizer.chat_template"
	for _, c := range []struct {
		name               string
		keys               map[string]any
		kind               string
		want, withTools    string // prompts
		wantCode, contains string // of the error
	}{
		{
			name: "none", kind: "chatml",
			want: "<|im_start|>user\nab<|im_end|>\n", withTools: "<|im_start|>user\nab<|im_end|>\n",
		},
		{
			name: "empty", keys: map[string]any{key: ""}, kind: "chatml",
			want: "<|im_start|>user\nab<|im_end|>\n", withTools: "<|im_start|>user\nab<|im_end|>\n",
		},
		{
			name: "one", keys: map[string]any{key: "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ tools|length }}"}, kind: "model",
			want: "<s>ab</s>0", withTools: "<s>ab</s>1",
		},
		{
			name: "one for tools", keys: map[string]any{key: "plain", key + ".tool_use": "tools {{ tools[0].name }}"}, kind: "model",
			want: "plain", withTools: "tools f",
		},
		{
			name: "named only", keys: map[string]any{"tokenizer.chat_templates": []string{"default", "rag"}, key + ".default": "d", key + ".rag": "r"}, kind: "model",
			want: "d", withTools: "d",
		},
		{name: "broken", keys: map[string]any{key: "a\n{% if %}"}, kind: "model", wantCode: "template", contains: "line 2"},
		{name: "refusing", keys: map[string]any{key: "{{ raise_exception('no user') }}"}, kind: "model", wantCode: "template", contains: "no user"},
		{name: "endless", keys: map[string]any{key: "\n\n{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"}, kind: "model", wantCode: "template", contains: "line 3"},
		{name: "reading", keys: map[string]any{key: "{% include '/etc/passwd' %}"}, kind: "model", wantCode: "template", contains: "include is not supported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := withTemplates(t, c.keys)
			assert.Equal(t, c.kind, m.Info().ChatTemplate)
			source, builtin := m.ChatTemplate()
			assert.Equal(t, c.kind == "chatml", builtin)
			assert.Equal(t, builtin, source == chat.ChatML)
			for _, in := range []chat.Input{{Messages: messages}, {Messages: messages, Tools: tools}} {
				got, err := m.ApplyChatTemplate(in)
				if c.wantCode != "" {
					require.Error(t, err)
					assert.Equal(t, c.wantCode, core.Code(err))
					assert.ErrorContains(t, err, c.contains)
					continue
				}
				require.NoError(t, err)
				want := c.want
				if in.Tools != nil {
					want = c.withTools
				}
				assert.Equal(t, want, got)
			}
		})
	}
}

// TestChatTemplateTogether renders in several goroutines at once, for the race detector.
func TestChatTemplateTogether(t *testing.T) {
	m := withTemplates(t, map[string]any{"tokenizer.chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, err := m.ApplyChatTemplate(chat.Input{Messages: []any{chat.Message{Role: "user", Content: "ab"}}})
			assert.NoError(t, err)
			assert.Equal(t, "ab", got)
		})
	}
	group.Wait()
}

// TestTokenizePrompt holds that a prompt has one BOS, wherever it comes from.
func TestTokenizePrompt(t *testing.T) {
	m := withTemplates(t, nil)
	plain, err := m.Tokenize("ab", true)
	require.NoError(t, err)
	require.Equal(t, int32(1), plain[0])
	for _, c := range []struct {
		text string
		want int // how many BOS there are
	}{{"ab", 1}, {"<s>ab", 1}, {"<s><s>ab", 2}, {"<s>", 1}, {"", 1}, {" <s>ab", 2}} {
		ids, err := m.TokenizePrompt(c.text)
		require.NoError(t, err)
		n := 0
		for _, id := range ids {
			if id == 1 {
				n++
			}
		}
		assert.Equal(t, c.want, n, "%q", c.text)
		assert.Equal(t, int32(1), ids[0], "%q", c.text)
	}
	twice, err := m.Tokenize(strings.Repeat("<s>", 1), true)
	require.NoError(t, err)
	assert.Equal(t, []int32{1, 1}, twice, "Tokenize leaves it as it is")
}

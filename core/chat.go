package core

import (
	"fmt"
	"strings"
	"sync"

	"github.com/gander-lm/gander/core/chat"
	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/tokenizer"
)

// What Info.ChatTemplate says.
const (
	TemplateOfModel  = "model"  // the file has a chat template
	TemplateOfGander = "chatml" // it has none; chat.ChatML is taken
)

// toolTemplate is the name of the template for conversations with tools, in files
// that have one of their own for them.
const toolTemplate = "tool_use"

// chatTemplates are the chat templates of a model by name, "" being the default.
// They are parsed when they are first needed: most uses of a model are without.
type chatTemplates struct {
	sources map[string]string
	mu      sync.Mutex
	parsed  map[string]*chat.Template
}

// readTemplates reads tokenizer.chat_template, and the named ones beside it
// (gguf-py's Keys.Tokenizer: CHAT_TEMPLATES lists the names, CHAT_TEMPLATE_N holds one).
func readTemplates(f *gguf.File) *chatTemplates {
	const key = "tokenizer.chat_template"
	t := &chatTemplates{sources: map[string]string{}, parsed: map[string]*chat.Template{}}
	if source, ok := f.String(key); ok {
		t.sources[""] = source
	}
	names, _ := f.Strings("tokenizer.chat_templates")
	for _, name := range append([]string{"default", toolTemplate}, names...) {
		if source, ok := f.String(key + "." + name); ok {
			t.sources[name] = source
		}
	}
	if source, ok := t.sources["default"]; ok && t.sources[""] == "" {
		t.sources[""] = source
	}
	return t
}

// kind is what Info.ChatTemplate says.
func (t *chatTemplates) kind() string {
	if t.sources[""] == "" {
		return TemplateOfGander
	}
	return TemplateOfModel
}

// choose returns the source of the template for a conversation.
func (t *chatTemplates) choose(tools bool) string {
	if source := t.sources[toolTemplate]; tools && source != "" {
		return source
	}
	if source := t.sources[""]; source != "" {
		return source
	}
	return chat.ChatML
}

func (t *chatTemplates) parse(source string) (*chat.Template, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if parsed, ok := t.parsed[source]; ok {
		return parsed, nil
	}
	parsed, err := chat.Parse(source)
	if err == nil {
		t.parsed[source] = parsed
	}
	return parsed, err
}

// ChatTemplate returns the source of the model's chat template, and whether it is
// Gander's own (chat.ChatML), because the model has none.
func (t *Text) ChatTemplate() (source string, builtin bool) {
	return t.templates.choose(false), t.templates.kind() == TemplateOfGander
}

// ApplyChatTemplate makes the prompt of a conversation, with the model's template for
// tools if there are tools and it has such a one. Where in has no BOS or EOS, they are
// those of the model's vocabulary. Tokenize the prompt with TokenizePrompt.
//
// Errors: *chat.TemplateError.
func (t *Text) ApplyChatTemplate(in chat.Input) (string, error) {
	parsed, err := t.templates.parse(t.templates.choose(len(in.Tools) > 0))
	if err != nil {
		return "", fmt.Errorf("core: %w", err)
	}
	if id, ok := t.tokenizer.BOS(); ok && in.BOS == "" {
		in.BOS = t.tokenizer.Piece(id)
	}
	if id, ok := t.tokenizer.EOS(); ok && in.EOS == "" {
		in.EOS = t.tokenizer.Piece(id)
	}
	prompt, err := parsed.Render(in)
	if err != nil {
		return "", fmt.Errorf("core: %w", err)
	}
	return prompt, nil
}

// TokenizePrompt returns the ids of a text to write on from: as Tokenize with special,
// but a text that begins with BOS already, as those of most chat templates do, gets no
// second one.
func (t *Text) TokenizePrompt(text string) ([]int32, error) {
	o := tokenizer.EncodeOptions{AddSpecial: true, ParseSpecial: true}
	ids, err := t.tokenizer.Encode(text, o)
	if err != nil {
		return nil, err
	}
	bos, ok := t.tokenizer.BOS()
	if ok && len(ids) > 1 && ids[0] == bos && ids[1] == bos && strings.HasPrefix(text, t.tokenizer.Piece(bos)) {
		ids = ids[1:]
	}
	return ids, nil
}

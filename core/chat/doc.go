// Package chat makes a prompt out of a conversation, with the chat template that a
// model brings along.
//
//	t, err := chat.Parse(source)
//	...
//	prompt, err := t.Render(chat.Input{
//		Messages:            []any{chat.Message{Role: "user", Content: "Hello!"}},
//		AddGenerationPrompt: true,
//		BOS:                 "<s>",
//	})
//
// A template is written in Jinja and means what Python's jinja2 makes of it in the
// environment that transformers sets up (ImmutableSandboxedEnvironment, trim_blocks,
// lstrip_blocks, loop controls, tojson, raise_exception, strftime_now, generation):
// https://jinja.palletsprojects.com/en/stable/templates/ and
// https://huggingface.co/docs/transformers/chat_templating. docs/chat.md lists what
// is there, what is not, and the limits.
//
// A template comes out of a model file and is not trusted: it reads nothing but its
// input, and the steps it takes, the text it makes and the depth it goes to are
// bounded. Whatever is wrong with one is a *TemplateError.
package chat

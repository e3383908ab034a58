package chat

import (
	"fmt"
	"io"

	"github.com/gander-lm/gander/core/errs"
)

// DecodeInput reads a conversation as JSON: an array of messages, or an object with
// the names that templates have for them,
//
//	{"messages": […], "tools": […], "documents": […], "add_generation_prompt": true, …}
//
// where whatever else it has goes to Extra. Without add_generation_prompt it is true.
// Errors are *errs.OptionError.
func DecodeInput(r io.Reader) (Input, error) {
	in := Input{AddGenerationPrompt: true}
	v, err := DecodeJSON(r)
	if err != nil {
		return in, bad("messages", "%v", err)
	}
	o, ok := v.(*Object)
	if !ok {
		o = NewObject()
		o.Set("messages", v)
	}
	for i, key := range o.Keys() {
		if err := in.set(key, o.values[i]); err != nil {
			return in, err
		}
	}
	return in, in.check()
}

func bad(option, format string, args ...any) error {
	return fmt.Errorf("chat: %w", &errs.OptionError{Option: option, What: fmt.Sprintf(format, args...)})
}

// set takes one key of the object.
func (in *Input) set(key string, v any) error {
	var ok bool
	var what string
	switch key {
	case "messages":
		in.Messages, ok = v.([]any)
		what = "a list of messages"
	case "tools":
		in.Tools, ok = v.([]any)
		ok, what = ok || v == nil, "a list of tools"
	case "documents":
		in.Documents, ok = v.([]any)
		ok, what = ok || v == nil, "a list of documents"
	case "add_generation_prompt":
		in.AddGenerationPrompt, ok = v.(bool)
		what = "true or false"
	case "bos_token":
		in.BOS, ok = v.(string)
		what = "a string"
	case "eos_token":
		in.EOS, ok = v.(string)
		what = "a string"
	default:
		if in.Extra == nil {
			in.Extra = map[string]any{}
		}
		in.Extra[key], ok = v, true
	}
	if !ok {
		return bad(key, "must be %s", what)
	}
	return nil
}

// check checks the messages.
func (in *Input) check() error {
	if len(in.Messages) == 0 {
		return bad("messages", "must be a list of at least one message")
	}
	for i, m := range in.Messages {
		o, ok := m.(*Object)
		if !ok {
			return bad("messages", "must be objects, but number %d is not", i)
		}
		if role, _ := o.Get("role"); role == nil || typeName(role) != "str" {
			return bad("messages", "must have a role, but number %d has none that is a string", i)
		}
	}
	return nil
}

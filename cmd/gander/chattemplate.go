package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gander-lm/gander/core/chat"
)

func init() {
	commands["chat-template"] = command{"make the prompt of a conversation", runChatTemplate}
}

func runChatTemplate(ctx context.Context, c *cli, args []string) error {
	var model modelFlags
	f := c.flags("chat-template", "-m FILE [--now TIME] [--json] < messages.json\n"+
		`reads an array of messages, or {"messages":[…],"tools":[…],"add_generation_prompt":true,…} with any further variables of the template`)
	model.addText(f)
	now := f.String("now", "", "the `TIME` that the template sees, as 2006-01-02T15:04:05Z; the present without it")
	asJSON := f.Bool("json", false, `print {"prompt":…}`)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	var clock time.Time
	if *now != "" {
		var err error
		if clock, err = time.Parse(time.RFC3339, *now); err != nil {
			return usagef("--now: %v", err)
		}
	}
	m, err := model.openText(ctx)
	if err != nil {
		return err
	}
	in, err := chat.DecodeInput(c.in)
	if err != nil {
		return err
	}
	in.Now = clock
	prompt, err := m.ApplyChatTemplate(in)
	if err != nil {
		return err
	}
	if *asJSON {
		return c.json(map[string]any{"prompt": prompt})
	}
	if _, builtin := m.ChatTemplate(); builtin {
		fmt.Fprintln(c.err, "gander chat-template: the model has no chat template; this is ChatML")
	}
	_, err = fmt.Fprint(c.out, prompt)
	return err
}

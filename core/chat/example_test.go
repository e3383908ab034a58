package chat_test

import (
	"fmt"

	"github.com/gander-lm/gander/core/chat"
)

func Example() {
	t, err := chat.Parse("{% for m in messages %}[{{ m.role|upper }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[ASSISTANT]{% endif %}")
	if err != nil {
		panic(err)
	}
	prompt, err := t.Render(chat.Input{
		Messages:            []any{chat.Message{Role: "user", Content: "Hello!"}},
		AddGenerationPrompt: true,
	})
	fmt.Println(prompt, err)
	// Output:
	// [USER] Hello!
	// [ASSISTANT] <nil>
}

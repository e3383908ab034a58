package wasm

import (
	"strings"
	"syscall/js"
	"time"

	"github.com/gander-lm/gander/core/chat"
)

// applyChatTemplate implements GoEngine.applyChatTemplate(conversation, now).
func (e *engine) applyChatTemplate(args []js.Value) (any, error) {
	if e.model == nil {
		return nil, errNoModel
	}
	in, err := chat.DecodeInput(strings.NewReader(args[0].String()))
	if err != nil {
		return nil, err
	}
	in.Now = time.UnixMilli(int64(args[1].Float()))
	prompt, err := e.model.ApplyChatTemplate(in)
	if err != nil {
		return nil, err
	}
	return prompt, nil
}

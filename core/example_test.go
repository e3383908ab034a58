package core_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gander-lm/gander/core"
)

// Open a model file and let it write after a prompt.
func ExampleSession_Generate() {
	ctx := context.Background()
	f, err := os.Open("../www/models/stories.gguf")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		log.Fatal(err)
	}
	model, err := core.Open(ctx, f, info.Size(), core.Options{})
	if err != nil {
		log.Fatal(err)
	}
	session, err := model.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	prompt, err := model.Tokenize("Once upon a", true)
	if err != nil {
		log.Fatal(err)
	}
	options := core.DefaultGenerateOptions()
	options.Temperature, options.MaxTokens = 0, 1 // greedy
	for token, err := range session.Generate(ctx, prompt, options) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%q\n", token.Text)
	}
	// Output: " time"
}

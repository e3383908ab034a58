package tokenizer_test

import (
	"fmt"
	"log"
	"os"

	"github.com/gander-lm/gander/core/gguf"
	"github.com/gander-lm/gander/core/tokenizer"
)

// Encode a text with the bundled model's vocabulary, and decode it again.
func ExampleTokenizer_Encode() {
	r, err := os.Open("../../www/models/stories.gguf")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		log.Fatal(err)
	}
	f, err := gguf.Read(r, info.Size())
	if err != nil {
		log.Fatal(err)
	}
	t, err := tokenizer.New(f)
	if err != nil {
		log.Fatal(err)
	}
	ids, err := t.Encode("Once upon a time", tokenizer.EncodeOptions{})
	if err != nil {
		log.Fatal(err)
	}
	text, _ := t.Decode(ids)
	fmt.Println(text)
	// Output: Once upon a time
}

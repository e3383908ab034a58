package folder

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
	"github.com/gander-lm/gander/core/llama2c"
)

func init() {
	kinds = append(kinds, kind{
		what: "a .bin file of llama2.c with its tokenizer.bin",
		is:   func(fsys fs.FS) bool { models, _ := binFiles(fsys); return len(models) > 0 },
		open: openLlama2C,
	})
}

// maxTokenizerBytes bounds tokenizer.bin; that of 32000 tokens has 0.4 MB.
const maxTokenizerBytes = 1 << 26

// binFiles returns a folder's models and tokenizers of llama2.c, by their names:
// tokenizer.bin and tok512.bin are tokenizers, and every other .bin is a model.
// The weights of PyTorch have that ending too, and are neither.
func binFiles(fsys fs.FS) (models, tokenizers []string) {
	names, _ := fs.Glob(fsys, "*.bin")
	for _, n := range names {
		switch {
		case strings.HasPrefix(n, "pytorch_model"):
		case IsTokenizer(n):
			tokenizers = append(tokenizers, n)
		default:
			models = append(models, n)
		}
	}
	return models, tokenizers
}

// IsTokenizer says whether a file is a tokenizer of llama2.c, by its name.
func IsTokenizer(name string) bool {
	name = path.Base(name)
	return strings.HasPrefix(name, "tok") && strings.HasSuffix(name, ".bin")
}

func openLlama2C(fsys fs.FS) (*Model, error) {
	models, tokenizers := binFiles(fsys)
	tokenizer := ""
	switch {
	case len(models) != 1:
		return nil, ambiguous("several models: %s", strings.Join(models, ", "))
	case slices.Contains(tokenizers, "tokenizer.bin"):
		tokenizer = "tokenizer.bin"
	case len(tokenizers) == 1:
		tokenizer = tokenizers[0]
	case len(tokenizers) == 0:
		return nil, ambiguous("the model %s of llama2.c, but neither tokenizer.bin nor tok*.bin", models[0])
	default:
		return nil, ambiguous("several tokenizers: %s", strings.Join(tokenizers, ", "))
	}
	tok, err := files.Read(fsys, tokenizer, maxTokenizerBytes)
	if err != nil {
		return nil, err
	}
	r, size, closer, err := files.Open(fsys, models[0])
	if err != nil {
		return nil, err
	}
	w, err := llama2c.Open(r, size, tok)
	if err != nil {
		closer.Close()
		return nil, err
	}
	return &Model{File: w, close: closer.Close}, nil
}

func ambiguous(format string, args ...any) error {
	return fmt.Errorf("folder: %w", &errs.FormatError{Offset: -1, What: "the folder has " + fmt.Sprintf(format, args...)})
}

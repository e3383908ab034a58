package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/gander-lm/gander/"

// allowed says what each package of this module may import of this module:
// arrows point one way, towards kernel.
var allowed = map[string][]string{
	"core/errs":        {},
	"core/profile":     {},
	"core/kernel":      {},
	"core/quant":       {"core/kernel"},
	"core/gguf":        {"core/errs", "core/quant"},
	"core/kvcache":     {"core/kernel", "core/profile"},
	"core/shard":       {},
	"core/files":       {"core/errs"},
	"core/safetensors": {"core/errs", "core/files"},
	"core/llama2c":     {"core/errs", "core/files", "core/quant", "core/gguf"},
	"core/hf":          {"core/errs", "core/files", "core/quant", "core/gguf", "core/safetensors", "core/tokenizer"},
	"core/folder":      {"core/errs", "core/files", "core/gguf", "core/hf", "core/llama2c", "core/tokenizer"},
	"core/attention":   {"core/errs", "core/kernel", "core/kvcache", "core/profile"},
	"core/nn":          {"core/errs", "core/kernel", "core/quant", "core/gguf", "core/attention", "core/shard", "core/profile"},
	"core/tokenizer":   {"core/errs", "core/gguf"},
	"core/sample":      {"core/errs", "core/kernel"},
	"core/chat":        {"core/errs"},
	"core/arch":        {"core/errs", "core/kernel", "core/quant", "core/gguf", "core/kvcache", "core/attention", "core/nn", "core/shard"},
	"core":             {"core/errs", "core/kernel", "core/quant", "core/folder", "core/gguf", "core/kvcache", "core/attention", "core/nn", "core/arch", "core/tokenizer", "core/sample", "core/chat", "core/shard", "core/profile"},
	"wasm":             {"core", "core/chat", "core/errs", "core/profile", "core/shard"},
	"cmd/wasm":         {"wasm"},
	"cmd/gander":       {"core", "core/errs", "core/folder", "core/profile", "core/quant", "core/gguf", "core/arch", "core/tokenizer", "core/sample", "core/chat"},
	"train/export":     {"core/gguf", "core/quant"},
	"bench/genmodel":   {"core/gguf", "core/quant"},
	"core/kernel/_gen": {},
}

// TestImports holds the layers apart: imports of this module as listed above,
// syscall/js only in package wasm, and no file system or network in core.
func TestImports(t *testing.T) {
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == ".git" || name == "node_modules" || name == "build" || name == "dist" || name == "internal" || name == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel("..", filepath.Dir(path))
		require.NoError(t, err)
		dir = filepath.ToSlash(dir)
		if _, ok := allowed[dir]; !ok {
			t.Errorf("package %s is not in the list of this test: say what it may import", dir)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range f.Imports {
			check(t, dir, path, strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	}))
}

func check(t *testing.T, dir, path, imported string) {
	if ours, ok := strings.CutPrefix(imported, module); ok {
		assert.Contains(t, allowed[dir], ours, "%s imports it", path)
	}
	if imported == "syscall/js" {
		assert.Equal(t, "wasm", dir, "%s imports syscall/js", path)
	}
	if strings.HasPrefix(dir, "core") && dir != "core/kernel/_gen" {
		for _, bad := range []string{"os", "net", "syscall", "io/ioutil"} {
			assert.False(t, imported == bad || strings.HasPrefix(imported, bad+"/"), "%s imports %s", path, imported)
		}
	}
}

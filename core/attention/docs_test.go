package attention

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// packageDoc reads this package with its examples.
func packageDoc(t *testing.T) *doc.Package {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	var files []*ast.File
	set := token.NewFileSet()
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(set, e.Name(), nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(set, files, "github.com/gander-lm/gander/core/attention")
	require.NoError(t, err)
	return p
}

// TestEverythingHasAnExample: each function has one, and each type with methods,
// for these together or one by one.
func TestEverythingHasAnExample(t *testing.T) {
	runs := func(name string, all []*doc.Example) bool {
		for _, e := range all {
			if e.Output != "" {
				return true
			}
		}
		return false
	}
	p := packageDoc(t)
	for _, f := range p.Funcs {
		assert.True(t, runs(f.Name, f.Examples), "%s has no example", f.Name)
	}
	for _, typ := range p.Types {
		examples := typ.Examples
		for _, f := range typ.Funcs { // what returns the type
			examples = append(examples, f.Examples...)
		}
		covered := runs(typ.Name, examples)
		for _, m := range typ.Methods {
			assert.True(t, covered || runs(m.Name, m.Examples) || runs(m.Name, typ.Examples), "%s.%s has no example", typ.Name, m.Name)
		}
	}
}

// block of a document that shows what an example prints.
var shown = regexp.MustCompile("<!-- (Example_\\w+) -->\n+```\\w*\n((?s:.*?))```")

// TestDocumentsShowWhatExamplesPrint holds docs/attention.md and its translation to
// the examples, which go test runs.
func TestDocumentsShowWhatExamplesPrint(t *testing.T) {
	outputs := map[string]string{}
	for _, e := range packageDoc(t).Examples {
		outputs["Example_"+e.Suffix] = e.Output
	}
	require.Len(t, outputs, 6)
	for _, path := range []string{"../../docs/attention.md", "../../docs/attention.zh-CN.md"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		seen := map[string]bool{}
		for _, m := range shown.FindAllStringSubmatch(string(text), -1) {
			assert.Equal(t, trimmed(outputs[m[1]]), trimmed(m[2]), "%s: %s", path, m[1])
			seen[m[1]] = true
		}
		assert.Len(t, seen, len(outputs), "%s shows %v", path, seen)
	}
}

// trimmed is text without spaces at the ends of lines.
func trimmed(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

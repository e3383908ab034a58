package chat

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gander-lm/gander/core/internal/coretest"
)

// pythonCase is a case of testdata/golden.json, which testdata/python.py made.
type pythonCase struct {
	Template string          `json:"template"`
	Context  json.RawMessage `json:"context,omitempty"`
	Output   *string         `json:"output,omitempty"`
	Error    string          `json:"error,omitempty"`

	name string
}

// pythonFile is what testdata/python.py reads and writes.
type pythonFile struct {
	Context json.RawMessage `json:"context,omitempty"` // of the cases that have none
	Cases   []pythonCase    `json:"cases"`
}

// generatorErrors are where Python refuses what we allow: see docs/chat.md.
var generatorErrors = regexp.MustCompile("generator' object is not subscriptable|'generator' has no len|type generator is not JSON")

func (c *pythonCase) check(t *testing.T) {
	v := vector{Context: c.Context}
	got, err := renderVars(c.Template, v.vars(t))
	if c.Output == nil {
		if generatorErrors.MatchString(c.Error) {
			return
		}
		assert.Error(t, err, "Python: %s; we give %q", c.Error, got)
		return
	}
	if assert.NoError(t, err) {
		assert.Equal(t, *c.Output, got)
	}
}

// TestGolden compares with what Python's jinja2 made of templates of our own.
func TestGolden(t *testing.T) {
	raw, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var file pythonFile
	require.NoError(t, json.Unmarshal(raw, &file))
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		c.Context = file.Context
		t.Run(c.Template, c.check)
	}
}

// differs are the renderings that are not Python's, with the reason.
var differs = map[string]string{
	"meetkai-functionary-medium-v3.1.jinja/tool_use.json": "Python escapes text that is added to a text marked safe; see docs/chat.md",
}

// TestAgainstPython renders templates of many models with conversations, and compares
// with Python's jinja2, if it is installed.
func TestAgainstPython(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts Python; not with -short")
	}
	if err := exec.Command("python3", "-c", "import jinja2").Run(); err != nil {
		t.Skip("python3 with jinja2 is not here")
	}
	var cases []pythonCase
	for name, source := range modelTemplates(t) {
		for conversation, context := range conversations(t) {
			cases = append(cases, pythonCase{Template: source, Context: context, name: name + "/" + conversation})
		}
	}
	input, err := json.Marshal(pythonFile{Cases: cases})
	require.NoError(t, err)
	python := exec.Command("python3", "testdata/python.py")
	python.Stdin, python.Stderr = bytes.NewReader(input), os.Stderr
	output, err := python.Output()
	require.NoError(t, err)
	var done pythonFile
	require.NoError(t, json.Unmarshal(output, &done))
	require.Len(t, done.Cases, len(cases))
	failed, allowed := 0, 0
	for i, c := range done.Cases {
		if c.Output == nil {
			failed++
		}
		if generatorErrors.MatchString(c.Error) {
			allowed++
		}
		t.Run(cases[i].name, func(t *testing.T) {
			if reason, ok := differs[cases[i].name]; ok {
				t.Skip(reason)
			}
			c.check(t)
		})
	}
	t.Logf("%d renderings, of which Python refuses %d, %d for what we allow", len(cases), failed, allowed)
}

// modelTemplates finds all templates of the shared test data, by name.
func modelTemplates(t *testing.T) map[string]string {
	found := map[string]string{}
	add := func(name string, raw json.RawMessage) {
		var one string
		var several []struct{ Name, Template string }
		if json.Unmarshal(raw, &one) == nil {
			found[name] = one
		} else if json.Unmarshal(raw, &several) == nil {
			for _, s := range several {
				found[name+" "+s.Name] = s.Template
			}
		}
	}
	root := coretest.Shared(t, "thirdparty", "templates")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		switch {
		case strings.Contains(d.Name(), ".jinja"):
			found[d.Name()] = string(raw)
		case strings.HasSuffix(d.Name(), "tokenizer_config.json"):
			var config struct {
				Template json.RawMessage `json:"chat_template"`
			}
			require.NoError(t, json.Unmarshal(raw, &config))
			add(d.Name(), config.Template)
		case d.Name() == "ollama-templates.jsonl":
			for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
				var named map[string]string
				require.NoError(t, json.Unmarshal([]byte(line), &named))
				for name, source := range named {
					found[strings.Join([]string{"ollama", name, string(rune('a' + i%26))}, " ")] = source
				}
			}
		}
		return nil
	}))
	for _, v := range readVectors(t, "hf-jinja-e2e.json") {
		found[v.Name] = v.ChatTemplate
	}
	require.NotEmpty(t, found)
	return found
}

// conversations returns the contexts to render with.
func conversations(t *testing.T) map[string]json.RawMessage {
	found := map[string]json.RawMessage{}
	files, err := filepath.Glob(coretest.Shared(t, "thirdparty", "templates", "minja-contexts") + "/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	files = append(files, "testdata/reasoning.json", "testdata/parts.json", "testdata/tools.json")
	for _, path := range files {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		found[filepath.Base(path)] = raw
	}
	return found
}

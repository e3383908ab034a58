package chat

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLimits holds that no template takes long or much memory, and that what ends it
// is an error with the line.
func TestLimits(t *testing.T) {
	deepData := strings.Repeat("{% set ns.x = [ns.x] %}", 300)
	for _, c := range []struct {
		name, template, want string
		line                 int
	}{
		{"loops", "\n{% for a in range(90000) %}{% for b in range(90000) %}\n{% endfor %}{% endfor %}", "steps", 2},
		{"range", "{{ range(100001) }}", "range too big", 1},
		{"range from end to end", "{{ range(-9223372036854775807, 9223372036854775807, 4611686018427387904)|length }}{{ range(10**18) }}", "range too big", 1},
		{"recursion", "{% macro m() %}\n{{ m() }}\n{% endmacro %}{{ m() }}", "nested deeper", 2},
		{"mutual recursion", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}", "nested deeper", 1},
		{"recursive loop", "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "nested deeper", 1},
		{"caller of itself", "{% macro m() %}{% call m() %}{% endcall %}{{ caller() }}{% endmacro %}{{ m() }}", "nested deeper", 1},
		{"doubling text", "{% set ns = namespace(s='ab') %}{% for i in range(64) %}\n{% set ns.s = ns.s + ns.s %}{% endfor %}", "longer|steps|items", 2},
		{"doubling by ~", "{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "longer|steps|items", 1},
		{"doubling by join", "{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set ns.s = [ns.s, ns.s]|join %}{% endfor %}", "longer|steps|items", 1},
		{"doubling by replace", "{% set ns = namespace(s='aa') %}{% for i in range(64) %}{% set ns.s = ns.s.replace('a', 'aa') %}{% endfor %}", "longer|steps|items", 1},
		{"doubling by set", "{% set ns = namespace(s='ab') %}{% for i in range(64) %}{% set x %}{{ ns.s }}{{ ns.s }}{% endset %}{% set ns.s = x %}{% endfor %}", "longer|steps|items", 1},
		{"doubling list", "{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "longer|steps|items", 1},
		{"a tree of shared lists", "{% set ns = namespace(l=['x']) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}", "longer|steps", 1},
		{"a tree as JSON", "{% set ns = namespace(l=['x']) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}", "longer|steps", 1},
		{"a tree compared", "{% set a = namespace(l=['x']) %}{% set b = namespace(l=['x']) %}{% for i in range(64) %}{% set a.l = [a.l, a.l] %}{% set b.l = [b.l, b.l] %}{% endfor %}{{ a.l == b.l }}", "steps", 1},
		{"a tree as a key", "{% set a = namespace(l=('x',)) %}{% for i in range(64) %}{% set a.l = (a.l, a.l) %}{% endfor %}{{ {a.l: 1} }}", "unhashable", 1},
		{"repeated text", "{{ 'abc' * 100000000000 }}", "repeated", 1},
		{"repeated list", "{{ [1] * 100000000000 }}", "repeated", 1},
		{"wide", "{{ 'a'.center(10**15) }}", "repeated", 1},
		{"wide format", "{{ '%99999999999d' % 1 }}", "width", 1},
		{"precise format", "{{ '%.99999999999d' % 1 }}", "width", 1},
		{"indent", "{{ ('\n' * 1000000)|indent(1000000, blank=true) }}", "longer|steps", 2},
		{"JSON indent", "{{ [1]|tojson(indent=100000000) }}", "longer", 1},
		{"batch", "{{ [1]|batch(10**12, 0)|list }}", "linecount", 1},
		{"slice", "{{ [1]|slice(10**12)|list }}", "slices", 1},
		{"power", "{{ 10 ** 100000000 }}", "64 bits", 1},
		{"namespace in itself", "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}", "nested deeper", 1},
		{"deep data", "{% set ns = namespace(x=1) %}" + deepData + "{{ ns.x }}", "nested deeper", 1},
		{"deep data as JSON", "{% set ns = namespace(x=1) %}" + deepData + "{{ ns.x|tojson }}", "nested deeper", 1},
		{"deep brackets", "{{ " + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + " }}", "nested deeper", 1},
		{"deep not", "{{ " + strings.Repeat("not ", 10000) + "1 }}", "nested deeper", 1},
		{"deep minus", "{{ " + strings.Repeat("-", 10000) + "1 }}", "nested deeper", 1},
		{"deep else", "{{ " + strings.Repeat("1 if 0 else ", 10000) + "1 }}", "nested deeper", 1},
		{"deep blocks", strings.Repeat("{% if 1 %}", 10000), "nested deeper", 1},
		{"deep targets", "{% set " + strings.Repeat("(", 10000) + "a" + strings.Repeat(")", 10000) + " %}", "nested deeper", 1},
		{"long sum", "{{ " + strings.Repeat("1 + ", 10000) + "1 }}", "nested deeper", 1},
		{"long chain", "{{ x" + strings.Repeat(".x", 10000) + " }}", "nested deeper", 1},
		{"long filter", "{{ 1" + strings.Repeat("|string", 10000) + " }}", "nested deeper", 1},
		{"big", strings.Repeat(" ", maxSource+1), "bytes", 0},
		{"include", "\n{% include '/etc/passwd' %}", "include is not supported", 2},
		{"import", "{% import '/etc/passwd' as x %}", "import is not supported", 1},
		{"internals", "{{ ''.__class__.__mro__ }}", "no attribute", 1},
		{"change", "{% set l = [] %}\n\n{{ l.append(1) }}", "unsafe", 3},
		{"refusal", "{{ raise_exception('roles must alternate') }}", "roles must alternate", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Now()
			got, err := renderVars(c.template, nil)
			require.Error(t, err, "it gives %.100q", got)
			var e *TemplateError
			require.True(t, errors.As(err, &e))
			assert.Regexp(t, c.want, e.What)
			assert.Equal(t, c.line, e.Line, e.What)
			assert.Less(t, time.Since(begin), 20*time.Second)
		})
	}
}

func TestInputLimits(t *testing.T) {
	parsed, err := Parse("{{ messages }}")
	require.NoError(t, err)
	var deep any = "x"
	for range 1000 {
		deep = []any{deep}
	}
	_, err = parsed.Render(Input{Messages: []any{deep}})
	assert.ErrorContains(t, err, "nested deeper")
	_, err = parsed.Render(Input{Messages: []any{struct{}{}}})
	assert.ErrorContains(t, err, "struct {}")
	_, err = DecodeJSON(strings.NewReader(strings.Repeat("[", 5000)))
	assert.ErrorContains(t, err, "nested deeper")
	_, err = DecodeJSON(strings.NewReader("[1] 2"))
	assert.Error(t, err)
	_, err = DecodeJSON(strings.NewReader(`{"a": `))
	assert.Error(t, err)
}

// FuzzTemplate holds that no template panics or hangs, and that its errors are
// *TemplateError.
func FuzzTemplate(f *testing.F) {
	raw, err := os.ReadFile("testdata/golden.json")
	require.NoError(f, err)
	var file pythonFile
	require.NoError(f, json.Unmarshal(raw, &file))
	for _, c := range file.Cases {
		f.Add(c.Template)
	}
	f.Add(ChatML)
	f.Fuzz(func(t *testing.T, source string) {
		begin := time.Now()
		var e *TemplateError
		parsed, err := Parse(source)
		if err == nil {
			_, err = parsed.Render(Input{
				Messages: []any{Message{"user", "Hello, Wörld"}, map[string]any{"role": "assistant", "content": []any{1, 2.5, nil}}},
				Tools:    []any{map[string]any{"name": "f"}}, Now: noon, AddGenerationPrompt: true,
				Extra: map[string]any{"s": "aé😀", "l": []any{3, 1, 2}, "d": map[string]any{"k": "v"}, "n": 7},
			})
		}
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%T: %v", err, err)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Fatalf("it took %v", took)
		}
	})
}
